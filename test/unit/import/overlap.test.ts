import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { mayOverlap } from '../../../src/import/overlap.js'
import { portOf } from '../../../src/rules/decide.js'
import { type Branch, branchesOf } from '../../../src/rules/lint/lint-rule.js'
import { parsePattern } from '../../../src/rules/pattern.js'
import { HOST_TEXTS, patternOf, QUERY, REGEX_SOURCE, URL_TEXT } from '../../conformance/rule-table-arbitraries.js'
import { matchesByScan } from '../../conformance/rule-table-oracle.js'

function branchOf(text: string): Branch {
  if (text.startsWith('/')) return { kind: 'regex', source: text.slice(1, -1) }
  const pattern = parsePattern(text)
  const [branch] = pattern.kind === 'problem' ? [] : branchesOf(pattern)
  if (branch === undefined) throw new Error(text)
  return branch
}

describe('mayOverlap', () => {
  test.each([
    ['a.example', 'a.example', true],
    ['a.example', 'b.example', false],
    ['a.example', '.example', true],
    ['a.example', '.a.example', true],
    ['x.a.example', '.a.example', true],
    ['xa.example', '.a.example', false],
    ['.a.example', '.x.a.example', true],
    ['.a.example', '.b.example', false],
    ['a1.example', 'a?.example', true],
    ['b1.example', 'a?.example', false],
    ['.example', 'a*.example', true],
    ['.other', 'a*.example', false],
    ['a*.example', 'b*.example', false],
    ['a*.example', 'ab*', true],
    ['ads.example', '/^ads/', true],
    ['bds.example', '/^ads/', false],
    ['.example', '/^ads/', true],
    ['a.example:80', 'a.example:81', false],
    ['a.example:80', 'a.example', true],
    ['192.0.2.0/24', '192.0.2.7', true],
    ['192.0.2.0/24', '192.0.3.0/24', false],
    ['192.0.2.0/24', '2001:db8::/32', false],
    ['192.0.2.0/24', 'a.example', false],
    ['192.0.2.0/24', '192.*', true],
    ['http://a.example/x', 'a.example', true],
    ['http://a.example/x', 'http://a.example/y', false],
    ['http://a.example/x*', 'http://.example/xy', true],
    ['http://a.example/x', 'b.example', false],
  ])('%s and %s: %s', (a, b, expected) => {
    expect(mayOverlap(branchOf(a), branchOf(b))).toBe(expected)
    expect(mayOverlap(branchOf(b), branchOf(a))).toBe(expected)
  })

  // What two patterns both match, they overlap in.
  test('is never false for patterns that match the same target', () => {
    const regex = REGEX_SOURCE.map((source) => ({ kind: 'regex', source }) as const)
    const pattern = fc.oneof(patternOf(fc.oneof(...Object.values(HOST_TEXTS), URL_TEXT)), regex)
    fc.assert(
      fc.property(pattern, pattern, QUERY, (a, b, query) => {
        for (const one of branchesOf(a))
          for (const other of branchesOf(b)) {
            const both = [one, other].every(
              (branch) => [0, query.port].includes(portOf(branch)) && matchesByScan(branch, query),
            )
            if (both) expect(mayOverlap(one, other)).toBe(true)
          }
      }),
      { numRuns: Number(process.env.FUZZ_RUNS ?? 100) * 20 },
    )
  })
})
