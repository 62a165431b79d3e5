import { expect, test } from 'vitest'
import { createRuleRows } from '../../../src/rules/rule-rows.js'

test('keeps every column of a thousand rows, past every time it grows', () => {
  const rows = createRuleRows()
  for (let i = 0; i < 1000; i++) expect(rows.add(i % 3, i + 1, i * 7, i % 9000, i % 65536)).toBe(i)
  expect(rows.size).toBe(1000)
  for (const id of [0, 63, 64, 65, 511, 999]) {
    expect([rows.sourceOf(id), rows.lineOf(id), rows.offsetOf(id), rows.strengthOf(id), rows.portOf(id)]).toEqual([
      id % 3,
      id + 1,
      id * 7,
      id % 9000,
      id,
    ])
  }
})
