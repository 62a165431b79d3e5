import { describe, expect, test } from 'vitest'
import { createDetailRowsBuilder, NO_ROWS, reachOfRow, textOfRow } from '../../../../src/rules/compiled/detail-rows.js'

const row = { source: 0, line: 1, strength: 2, port: 3, reach: undefined }

describe('rows', () => {
  test('keep every column of a thousand of them, and their lines as written', () => {
    const builder = createDetailRowsBuilder()
    for (let i = 0; i < 1000; i++) {
      const reach = (['host', 'all', 'below', 'child', undefined] as const)[i % 5]
      expect(builder.add({ source: i % 7, line: i, strength: i, port: i, reach }, `line ${i} ü€😀`)).toBe(i)
    }
    const rows = builder.rows()
    expect(rows.size).toBe(1000)
    for (const i of [0, 1, 499, 999]) {
      expect([rows.sources[i], rows.lines[i], rows.strengths[i], rows.ports[i]]).toEqual([i % 7, i, i, i])
      expect(textOfRow(rows, i)).toBe(`line ${i} ü€😀`)
      expect(reachOfRow(rows, i)).toBe((['host', 'all', 'below', 'child', undefined] as const)[i % 5])
    }
  })

  test('of one line share its text', () => {
    const builder = createDetailRowsBuilder()
    builder.add(row, 'one')
    builder.add(row, undefined)
    builder.add(row, 'two')
    const rows = builder.rows()
    expect([0, 1, 2].map((i) => textOfRow(rows, i))).toEqual(['one', 'one', 'two'])
    expect(rows.text).toHaveLength(6)
  })

  test('may be appended from elsewhere, some of them, with other numbers for their lists', () => {
    const first = createDetailRowsBuilder()
    first.add({ ...row, source: 0, line: 10 }, 'a')
    first.add({ ...row, source: 1, line: 11 }, 'b')
    first.add({ ...row, source: 2, line: 12, reach: 'host' }, 'c')
    const second = createDetailRowsBuilder()
    second.add({ ...row, line: 1 }, 'mine')
    second.append(first.rows(), Uint16Array.of(5, 0, 7), (i) => i !== 1)
    const rows = second.rows()
    expect([...rows.lines]).toEqual([1, 10, 12])
    expect([...rows.sources]).toEqual([0, 5, 7])
    expect([0, 1, 2].map((i) => textOfRow(rows, i))).toEqual(['mine', 'a', 'c'])
    expect(reachOfRow(rows, 2)).toBe('host')
  })

  test('may be none', () => {
    expect(NO_ROWS.size).toBe(0)
    const builder = createDetailRowsBuilder()
    builder.append(NO_ROWS, new Uint16Array(0), () => true)
    expect(builder.rows()).toEqual(NO_ROWS)
  })
})
