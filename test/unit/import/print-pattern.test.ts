import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { printPattern } from '../../../src/import/print-pattern.js'
import { branchesOf, patternKey } from '../../../src/rules/lint/lint-rule.js'
import { parseLine } from '../../../src/rules/parse.js'
import { type Pattern, parsePattern } from '../../../src/rules/pattern.js'
import { HOST_TEXTS, REGEX_SOURCE, URL_TEXT } from '../../conformance/rule-table-arbitraries.js'

const NATIVE = [
  'ads.example',
  'ads.example:8080',
  '.ads.example',
  '*.ads.example:81',
  'ad?[a-c]*.example',
  'ad*.example:8080',
  '192.0.2.1',
  '192.0.2.1:81',
  '192.0.2.0/24',
  '2001:db8::1',
  '2001:db8::/32',
  '[2001:db8::1]:443',
  '::ffff:0:0/90',
  '2001:db8:*',
  '{a,*.b}.example',
  'http://*.ads.example/b/**',
  'http://ads.example',
  'http://ads.example?x',
  'http://[2001:db8::1]:81/x',
  'ads.example/games',
  '192.0.2.1/games',
  'http://{a,b}.example/x,y',
  '/^ads?[0-9]+\\./',
]

/** What a native line says, whatever its spelling. */
function patternsOf(text: string): string[] {
  const parsed = parseLine(`block ${text}`)
  if (parsed.kind !== 'rules') throw new Error(`${text}: ${parsed.kind}`)
  return parsed.patterns.flatMap(branchesOf).map(patternKey)
}

const patternOf = (text: string): Pattern => {
  const parsed = parseLine(`block ${text}`)
  const [pattern] = parsed.kind === 'rules' ? parsed.patterns : []
  if (pattern === undefined) throw new Error(`${text}: ${parsed.kind}`)
  return pattern
}

describe('printPattern', () => {
  test.each(NATIVE)('%s comes back as it was', (text) => {
    const printed = printPattern(patternOf(text))
    expect(printed?.flatMap(patternsOf)).toEqual(patternsOf(text))
  })

  // Printing what was parsed and parsing that again changes nothing.
  test('parse, print, parse is the same pattern, for any native text', () => {
    const braced = fc.tuple(HOST_TEXTS.glob, HOST_TEXTS['exact-host']).map(([a, b]) => `{${a},${b}}.x{,y}`)
    const text = fc.oneof(
      ...Object.values(HOST_TEXTS),
      URL_TEXT,
      braced,
      REGEX_SOURCE.map((source) => `/${source}/`),
    )
    const withPort = fc.tuple(text, fc.constantFrom('', '', ':8080')).map(([one, port]) => one + port)
    const runs = Number(process.env.FUZZ_RUNS ?? 100) * 10
    fc.assert(
      fc.property(withPort, (written) => {
        const parsed = parseLine(`block ${written}`)
        if (parsed.kind !== 'rules') return
        for (const pattern of parsed.patterns)
          expect(printPattern(pattern)?.flatMap(patternsOf)).toEqual(branchesOf(pattern).map(patternKey))
      }),
      { numRuns: runs },
    )
  })

  test('one label more than a name is an expression', () => {
    expect(printPattern({ kind: 'suffix', suffix: 'a.example', reach: 'child', port: 0 })).toEqual([
      '/^[^.]+\\.a\\.example$/',
    ])
  })

  test('names to leave alone are written as adblock writes them', () => {
    expect(printPattern({ kind: 'suffix', suffix: 'a.example', reach: 'all', port: 0 }, ['b.a.example', 'c'])).toEqual([
      '||a.example^$denyallow=b.a.example|c',
    ])
    expect(printPattern({ kind: 'host', host: 'a.example', port: 0 }, ['b'])).toBeUndefined()
  })

  test('braces that would be too long, or hold commas, become lines of their own', () => {
    const branches = ['a', 'b'].map((letter) => parsePattern(`${letter.repeat(63)}.${letter.repeat(63)}.example/p,q`))
    expect(printPattern({ kind: 'branches', branches: branches as Pattern[] })).toHaveLength(2)
  })

  test.each<[string, Pattern]>([
    ['a range on a port', { kind: 'address', cidr: { family: 4, address: '192.0.2.0', prefix: 24 }, port: 80 }],
    ['one label more on a port', { kind: 'suffix', suffix: 'a.example', reach: 'child', port: 80 }],
    [
      'a URL that would be read as a range',
      {
        kind: 'url',
        host: { kind: 'address', cidr: { family: 4, address: '192.0.2.0', prefix: 32 }, port: 0 },
        path: '/24',
        below: true,
      },
    ],
    [
      'braces around any of these',
      {
        kind: 'branches',
        branches: [{ kind: 'address', cidr: { family: 4, address: '192.0.2.0', prefix: 24 }, port: 80 }],
      },
    ],
  ])('%s has no native form', (_, pattern) => {
    expect(printPattern(pattern)).toBeUndefined()
  })
})
