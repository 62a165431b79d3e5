import { describe, expect, test } from 'vitest'
import { parseLine, splitReason } from '../../../src/rules/parse.js'

describe('order of recognition', () => {
  test.each([
    ['', 'blank'],
    ['   ', 'blank'],
    ['# block a', 'blank'],
    ['! Title: x', 'blank'],
    ['; zone', 'blank'],
    ['##.banner', 'blank'],
    ['[Adblock Plus 2.0]', 'blank'],
    ['[AdGuard]', 'blank'],
    ['\uFEFF\uFEFF# two byte order marks', 'blank'],
    ['block a.example', 'native'],
    ['allow! a.example', 'native'],
    ['0.0.0.0 a.example', 'hosts'],
    ['/^ads[0-9]+\\./', 'regex'],
    ['||a.example^', 'adblock'],
    ['@@||a.example^$important', 'adblock'],
    ['|a.example^', 'adblock'],
    ['a.example^', 'adblock'],
    ['address=/a.example/#', 'dnsmasq'],
    ['local-zone: "a.example" refuse', 'unbound'],
    ['a.example CNAME .', 'rpz'],
    ['DOMAIN-SUFFIX,a.example', 'clash'],
    ["  - '+.a.example'", 'clash'],
    ['full:a.example', 'v2fly'],
    ['a.example @ads', 'v2fly'],
    ['a.example/path', 'url'],
    ['http://a.example/path', 'url'],
    ['.a.example', 'plain'],
    ['*.a.example', 'plain'],
    ['ad*.example', 'plain'],
    ['a.example', 'plain'],
    ['block', 'problem'],
    ['192.0.2.1', 'plain'],
    ['192.0.2.0/24', 'plain'],
    ['192.0.2.0/24 ; SBL1', 'plain'],
    ['a.example;', 'plain'],
    ['\uFEFFa.example\r', 'plain'],
  ])('%j is %s', (line, expected) => {
    const parsed = parseLine(line)
    expect(parsed.kind === 'rules' ? parsed.format : parsed.kind).toBe(expected)
  })

  test.each([
    ['a.example##.banner', 'cosmetic'],
    ['a.example,b.example#@#.banner', 'cosmetic'],
    ['a.example#?#div:has(.ad)', 'cosmetic'],
    ['||a.example^$third-party', 'unknown modifier'],
    ['||a.example/banner.gif', 'adblock pattern for URLs'],
    ['192.0.2.1 a.example', 'hosts line with another address'],
  ])('%s is counted as %s', (line, reason) => {
    expect(parseLine(line)).toEqual({ kind: 'skipped', reason })
  })

  test('a problem names the column in the line as written', () => {
    expect(parseLine('  block  a..b')).toMatchObject({ kind: 'problem', column: 10 })
    expect(parseLine('a..b')).toMatchObject({ kind: 'problem', column: 1 })
  })

  test('scope suffix widens bare names and bare wildcards, and nothing else', () => {
    const reach = (line: string) => {
      const parsed = parseLine(line, 'suffix')
      const [pattern] = parsed.kind === 'rules' ? parsed.patterns : []
      return pattern?.kind === 'suffix' ? pattern.reach : pattern?.kind
    }
    expect(['a.example', 'A.example', '*.a.example', 'x.a1', 'a.example:80'].map(reach)).toEqual([
      'all',
      'all',
      'all',
      'all',
      'all',
    ])
    expect(['0.0.0.0 a.example', 'block a.example', 'full:a.example', 'a.example CNAME .'].map(reach)).toEqual(
      Array.from({ length: 4 }, () => 'host'),
    )
    expect(['block *.a.example', '192.0.2.1', 'ad*.example'].map(reach)).toEqual(['below', 'address', 'glob'])
  })
})

describe('splitReason', () => {
  test.each([
    ['block a.example  # why', 'block a.example', 'why'],
    ['a.example\t#AVG  Activate', 'a.example', 'AVG  Activate'],
    ['  a.example #', 'a.example', undefined],
    ['0.0.0.0 a b #c', '0.0.0.0 a b', 'c'],
    ['block /^a #b/ # why', 'block /^a #b/', 'why'],
    ['/a #b/', '/a #b/', undefined],
    ['/a/ # why', '/a/', 'why'],
    ['||a.example^ # not a reason', '||a.example^ # not a reason', undefined],
    ['@@||a.example^ # not a reason', '@@||a.example^ # not a reason', undefined],
    ['block ||a.example^ # why', 'block ||a.example^', 'why'],
    ['a.example#x', 'a.example#x', undefined],
  ])('%j', (line, text, reason) => {
    expect(splitReason(line)).toEqual({ text, reason })
  })
})
