import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { compileRules } from '../../../src/compile-rules.js'
import { createFirstMatch, parseHostRule } from '../../../src/rules/first-match.js'
import type { Pattern } from '../../../src/rules/pattern.js'

function patterns(...texts: string[]): readonly Pattern[] {
  return texts.flatMap((text) => {
    const parsed = parseHostRule(text)
    if ('kind' in parsed) throw new Error(parsed.message)
    return parsed
  })
}

function query(host: string, port = 443) {
  const family = /^[\d.]+$/.test(host) ? (4 as const) : host.includes(':') ? (6 as const) : (0 as const)
  return { host, port, family, path: undefined }
}

describe('createFirstMatch', () => {
  test.each([
    ['*', 'a.test', true],
    ['*', '192.0.2.1', true],
    ['*', '2001:db8::1', true],
    ['a.test', 'a.test', true],
    ['a.test', 'b.a.test', false],
    ['*.a.test', 'b.a.test', true],
    ['*.a.test', 'a.test', false],
    ['.a.test', 'a.test', true],
    ['*.onion', 'abc.onion', true],
    ['ad{s,server}*.test', 'adserver1.test', true],
    ['/^a\\d+\\.test$/', 'a12.test', true],
    ['||a.test^', 'x.a.test', true],
    ['192.0.2.0/24', '192.0.2.9', true],
    ['192.0.2.0/24', 'a.test', false],
    ['A.Test.', 'a.test', true],
  ])('%s and %s: %s', (pattern, host, matches) => {
    expect(createFirstMatch([patterns(pattern)])(query(host))).toBe(matches ? 0 : -1)
  })

  test('a port counts where one is written', () => {
    const first = createFirstMatch([patterns('a.test:8080'), patterns('a.test')])
    expect([first(query('a.test', 8080)), first(query('a.test', 443))]).toEqual([0, 1])
  })

  test('the first list wins, however exact another one is', () => {
    const first = createFirstMatch([patterns('*.test'), patterns('a.test'), patterns('*')])
    expect([first(query('a.test')), first(query('a.example'))]).toEqual([0, 2])
  })

  test('invariant: it says what a rule set of the same pattern alone says', () => {
    const text = fc.constantFrom('a.test', '.a.test', '*.test', 'b*.test', '{a,b}.test', '192.0.2.0/25', '/b/', '*:80')
    const host = fc.constantFrom('a.test', 'b.test', 'b.a.test', 'test', '192.0.2.1', '192.0.2.200')
    fc.assert(
      fc.property(fc.array(text, { minLength: 1 }), host, fc.constantFrom(80, 443), (texts, name, port) => {
        const expected = texts.findIndex((one) => {
          const rules = compileRules([{ name: 't', text: `default block\nallow ${one}` }])
          return rules.decide(query(name, port)).rule !== null
        })
        expect(createFirstMatch(texts.map((one) => patterns(one)))(query(name, port))).toBe(expected)
      }),
    )
  })
})

describe('parseHostRule', () => {
  test.each([
    ['', /no pattern of a host/],
    [' a.test', /white space around/],
    ['a.test\nb.test', /white space around/],
    ['a b', /more than one pattern/],
    ['http://a.test/x', /asks for a path/],
    ['{a.test,b.test/x}', /asks for a path/],
    ['!a.test', /leading `!`/],
    ['a..test', /not a valid host name/],
    ['a[.test', /./],
  ])('%j is refused', (text, why) => {
    const parsed = parseHostRule(text)
    expect('kind' in parsed ? parsed.message : 'accepted').toMatch(why)
  })
})
