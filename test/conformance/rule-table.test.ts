import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Pattern } from '../../src/rules/pattern.js'
import type { RuleTable } from '../../src/rules/table.js'
import { createAddressTable } from '../../src/rules/tables/address-table.js'
import { createExactHostTable } from '../../src/rules/tables/exact-host-table.js'
import { createGlobTable } from '../../src/rules/tables/glob-table.js'
import { createHostSuffixTable } from '../../src/rules/tables/host-suffix-table.js'
import { createRegexTable } from '../../src/rules/tables/regex-table.js'
import { createUrlTable } from '../../src/rules/tables/url-table.js'
import { HOST_TEXTS, patternOf, QUERY, REGEX_SOURCE, URL_TEXT } from './rule-table-arbitraries.js'
import { matchesByScan } from './rule-table-oracle.js'

const numRuns = Number(process.env.FUZZ_RUNS ?? 100)

const regex = REGEX_SOURCE.map((source): Pattern => ({ kind: 'regex', source }))
const suffix = patternOf(HOST_TEXTS['host-suffix'])
const child = suffix.map((pattern): Pattern => (pattern.kind === 'suffix' ? { ...pattern, reach: 'child' } : pattern))

const TABLES: readonly [name: string, create: () => RuleTable, kind: string, patterns: fc.Arbitrary<Pattern>][] = [
  ['exact-host', createExactHostTable, 'host', patternOf(HOST_TEXTS['exact-host'])],
  ['host-suffix', createHostSuffixTable, 'suffix', fc.oneof(suffix, child)],
  ['address', createAddressTable, 'address', patternOf(HOST_TEXTS.address)],
  ['url', createUrlTable, 'url', patternOf(URL_TEXT)],
  ['glob', createGlobTable, 'glob', patternOf(HOST_TEXTS.glob)],
  ['regex', createRegexTable, 'regex', regex],
]
const anyPattern = fc.oneof(...TABLES.map(([, , , patterns]) => patterns))

describe.each(TABLES)('%s table', (name, create, kind, patterns) => {
  test('finds exactly the rules that the scan finds, each once', () => {
    fc.assert(
      fc.property(fc.array(patterns, { maxLength: 30 }), fc.array(QUERY, { minLength: 1 }), (rules, queries) => {
        const table = create()
        const kept = rules.flatMap((pattern, id) => (table.tryAdd(pattern, id) ? [{ pattern, id }] : []))
        for (const query of queries) {
          const found: number[] = []
          table.collect(query, found)
          const expected = kept.filter(({ pattern }) => matchesByScan(pattern, query)).map(({ id }) => id)
          expect(found.toSorted((a, b) => a - b)).toEqual(expected)
        }
      }),
      { numRuns },
    )
  })

  test('takes its own kind of pattern and no other', () => {
    fc.assert(
      fc.property(anyPattern, (pattern) => {
        expect(create().tryAdd(pattern, 0)).toBe(pattern.kind === kind)
      }),
      { numRuns },
    )
  })

  test('finds a rule that was added after a lookup', () => {
    fc.assert(
      fc.property(patterns, patterns, QUERY, (first, second, query) => {
        const table = create()
        table.tryAdd(first, 0)
        table.collect(query, [])
        fc.pre(table.tryAdd(second, 1))
        const found: number[] = []
        table.collect(query, found)
        expect(found.includes(1)).toBe(matchesByScan(second, query))
      }),
      { numRuns },
    )
  })

  test('goes by its name', () => {
    expect(create().name).toBe(name)
  })
})
