import { expect, test } from 'vitest'
import { createPatternTables } from '../../../../src/rules/compiled/pattern-tables.js'
import { type Pattern, parsePattern } from '../../../../src/rules/pattern.js'

function pattern(text: string): Pattern {
  const parsed = parsePattern(text)
  if (parsed.kind === 'problem') throw new Error(parsed.message)
  return parsed
}

test('every kind of pattern without a name is found in a table, by its row', () => {
  const tables = createPatternTables()
  expect(tables.hasUrls).toBe(false)
  tables.add(pattern('a*.example'), 4)
  tables.add(pattern('192.0.2.0/24'), 5)
  tables.add({ kind: 'regex', source: 'ads' }, 6)
  expect(tables.hasUrls).toBe(false)
  tables.add(pattern('http://ads.example/x'), 7)
  expect(tables.hasUrls).toBe(true)
  expect([...tables.patterns.keys()]).toEqual([4, 5, 6, 7])

  const found: number[] = []
  tables.collect({ host: 'ads.example', port: 80, family: 0, path: '/x' }, found)
  expect(found.toSorted()).toEqual([4, 6, 7])
  found.length = 0
  tables.collect({ host: '192.0.2.1', port: 80, family: 4, path: undefined }, found)
  expect(found).toEqual([5])
  expect(tables.addresses.size).toBe(1)
})

test('what is added after settling is found too', () => {
  const tables = createPatternTables()
  tables.add(pattern('a*.example'), 0)
  tables.add(pattern('http://x*.example/'), 1)
  tables.settle()
  tables.add(pattern('ad*.example'), 2)
  const found: number[] = []
  tables.collect({ host: 'ads.example', port: 80, family: 0, path: undefined }, found)
  expect(found.toSorted()).toEqual([0, 2])
})
