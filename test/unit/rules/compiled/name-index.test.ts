import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createNameColumns, sortColumns } from '../../../../src/rules/compiled/name-columns.js'
import { createNameIndex, NO_NAME_INDEX } from '../../../../src/rules/compiled/name-index.js'

const high = fc.oneof(
  fc.integer({ min: 0, max: 2 ** 32 - 1 }),
  fc.constantFrom(0, 1, 0x7fffffff, 0x80000000, 0xfffffffe, 0xffffffff),
)

// For any prints, the index finds the first entry of each that is there, and nothing that is not.
test('finds the first of all entries with a print', () => {
  fc.assert(
    fc.property(fc.array(high, { maxLength: 200 }), fc.array(high, { maxLength: 20 }), (highs, asked) => {
      const columns = createNameColumns(highs.length)
      columns.high.set(highs)
      sortColumns(columns, 0, highs.length)
      const index = createNameIndex(columns)
      expect(index.size).toBe(highs.length)
      for (const wanted of [...highs, ...asked]) expect(index.find(wanted)).toBe(columns.high.indexOf(wanted))
    }),
  )
})

test('an empty index finds nothing', () => {
  expect([0, 1, 0xffffffff].map((wanted) => NO_NAME_INDEX.find(wanted))).toEqual([-1, -1, -1])
})
