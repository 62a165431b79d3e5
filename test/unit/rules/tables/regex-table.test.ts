import { expect, test } from 'vitest'
import { createRegexTable } from '../../../../src/rules/tables/regex-table.js'

function matches(sources: readonly string[], host: string): number[] {
  const table = createRegexTable()
  for (const [id, source] of sources.entries()) table.tryAdd({ kind: 'regex', source }, id)
  const found: number[] = []
  table.collect({ host, port: 443, family: 0, path: undefined }, found)
  return found.toSorted((a, b) => a - b)
}

test('searches every expression in the host', () => {
  expect(matches(['^ads[0-9]+\\.', 'track', 'X\\.ads', '^b'], 'ads12.tracker.x.ads')).toEqual([0, 1, 2])
})

test('an expression that would stall a backtracking engine comes back', () => {
  expect(matches(['(a+)+$', '(a|aa)+$'], `${'a'.repeat(250)}!`)).toEqual([])
})

test('without expressions there is nothing to find', () => {
  expect(matches([], 'a.example')).toEqual([])
})
