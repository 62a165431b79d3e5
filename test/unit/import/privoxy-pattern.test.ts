import { describe, expect, test } from 'vitest'
import { compileRules } from '../../../src/compile-rules.js'
import { printPattern } from '../../../src/import/print-pattern.js'
import { privoxyPattern } from '../../../src/import/privoxy-pattern.js'

function shown(text: string): string {
  const read = privoxyPattern(text)
  return 'pattern' in read ? (printPattern(read.pattern)?.join(' ') ?? 'no native form') : `? ${read.reason}`
}

describe('privoxyPattern', () => {
  test.each([
    ['ads.example', 'ads.example'],
    ['ads.example/', 'ads.example'],
    ['ads.example/.*', 'ads.example'],
    ['.ads.example', '.ads.example'],
    ['.ads.example:8080', '.ads.example:8080'],
    ['ad*.example', '/^ad[^.]*\\.example$/'],
    ['.ad?.example', '/(^|\\.)ad[^.]\\.example$/'],
    ['ads.', '{ads.*,ads}'],
    ['.ads.', '/(^|\\.)ads(\\.|$)/'],
    ['.ad[a-c].', '/(^|\\.)ad[a-c](\\.|$)/'],
    ['192.0.2.1', '192.0.2.1'],
    ['ads.example/banner.*\\.gif$', 'http://ads.example/banner**.gif'],
    ['.ads.example/x', 'http://.ads.example/x**'],
    ['/.*banner', 'http://*/**banner**'],
    ['ad*.example/x', 'http://ad*.example/x**'],
    ['.ad*.example/x', '{http://ad*.example/x**,http://*.ad*.example/x**}'],
    ['http://ads.example/x', 'http://ads.example/x**'],
    ['PCRE-HOST-PATTERN:^ads[0-9]+\\.', '/^ads[0-9]+\\./'],
    ['PCRE-HOST-PATTERN:^ads/x', '? an expression for hosts with a path has no form here'],
    ['ads.example/(?!x)', '? the path is an expression that globs cannot say'],
    ['TAG:^image', '? a tag is given to a request by its headers, which rules do not see'],
    ['CLIENT-TAG:^x', '? a tag is given to a request by its headers, which rules do not see'],
    ['NO-REQUEST-TAG:^x', '? a tag is given to a request by its headers, which rules do not see'],
  ])('%s → %s', (text, expected) => {
    expect(shown(text)).toBe(expected)
  })

  test('says why a host is none', () => {
    expect(shown('a..b')).toMatch(/^\? .*not a valid host name/)
    expect(shown('PCRE-HOST-PATTERN:(?!a)b')).toMatch(/^\? .*linear time/)
  })

  test.each([
    ['.example.', ['example.org', 'www.example.org', 'a.example'], ['notexample.org']],
    ['ad*.jp.', ['ads.jp.x', 'ad.jp.x'], ['ads.foo.jp.x', 'x.ads.jp.y']],
    ['www.', ['www.a.example'], ['wwww.a.example', 'x.www.a.example']],
    ['www*.example.com', ['www3.example.com'], ['www.x.example.com', 'x.www3.example.com']],
  ])('%s matches as in Privoxy', (text, yes, no) => {
    const set = compileRules([{ name: 'f', text: `block ${shown(text)}` }])
    expect([...yes, ...no].filter((host) => set.decide(host).action === 'block')).toEqual(yes)
  })
})
