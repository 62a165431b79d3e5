import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  copyColumns,
  createNameColumns,
  type NameColumns,
  NO_NAMES,
  sliceColumns,
  sortColumns,
} from '../../../../src/rules/compiled/name-columns.js'

type Entry = readonly [high: number, low: number, line: number, form: number]

function columnsOf(entries: readonly Entry[]): NameColumns {
  const columns = createNameColumns(entries.length)
  for (const [i, [high, low, line, form]] of entries.entries()) {
    columns.high[i] = high
    columns.low[i] = low
    columns.line[i] = line
    columns.form[i] = form
  }
  return columns
}

function entriesOf({ high, low, line, form }: NameColumns): Entry[] {
  return Array.from(high, (h, i) => [h, low[i] ?? 0, line[i] ?? 0, form[i] ?? 0])
}

const byAll = (a: Entry, b: Entry) => a[0] - b[0] || a[1] - b[1] || a[2] - b[2] || a[3] - b[3]
const uint = fc.integer({ min: 0, max: 2 ** 32 - 1 })
/** Few first bytes and many equal prints, so that buckets are uneven. */
const high = fc.oneof(uint, fc.integer({ min: 0, max: 3 }), fc.constantFrom(0xff000000, 0xff0000ff, 0x80000000))
const entry = fc.tuple(high, fc.oneof(uint, fc.constantFrom(0, 1)), uint, fc.integer({ min: 0, max: 0xffff }))

describe('sorting', () => {
  // What is sorted holds the same entries, in the order of their prints; what lies outside stays.
  test('keeps every entry whole and puts prints in order', () => {
    fc.assert(
      fc.property(fc.array(entry, { maxLength: 400 }), fc.nat(5), fc.nat(5), (entries, before, after) => {
        const columns = columnsOf(entries)
        const start = Math.min(before, entries.length)
        const end = Math.max(start, entries.length - after)
        sortColumns(columns, start, end)
        const sorted = entriesOf(columns)
        expect(sorted.slice(0, start)).toEqual(entries.slice(0, start))
        expect(sorted.slice(end)).toEqual(entries.slice(end))
        const inside = sorted.slice(start, end)
        expect(inside.toSorted(byAll)).toEqual(entries.slice(start, end).toSorted(byAll))
        for (const [i, [h, l]] of inside.entries()) {
          const [h0, l0] = inside[i - 1] ?? [-1, 0]
          expect(h0 < h || (h0 === h && l0 <= l)).toBe(true)
        }
      }),
    )
  })

  test('takes a name that stands a hundred thousand times', () => {
    const columns = createNameColumns(100_000)
    columns.high.fill(7)
    columns.low.fill(9)
    sortColumns(columns, 0, 100_000)
    expect(columns.high.every((h) => h === 7)).toBe(true)
  })
})

test('slices share memory, copies do not', () => {
  const columns = columnsOf([
    [1, 2, 3, 4],
    [5, 6, 7, 8],
  ])
  const slice = sliceColumns(columns, 1, 2)
  const copy = createNameColumns(2)
  copyColumns(slice, copy, 1)
  columns.line[1] = 70
  expect(entriesOf(slice)).toEqual([[5, 6, 70, 8]])
  expect(entriesOf(copy)).toEqual([
    [0, 0, 0, 0],
    [5, 6, 7, 8],
  ])
  expect(NO_NAMES.high).toHaveLength(0)
})
