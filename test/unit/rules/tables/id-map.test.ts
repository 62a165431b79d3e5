import { expect, test } from 'vitest'
import { createIdMap } from '../../../../src/rules/tables/id-map.js'

test('a key keeps one id or many, in the order they came', () => {
  const map = createIdMap()
  map.add('a', 4)
  map.add('b', 5)
  map.add('a', 2)
  map.add('a', 9)
  const found: number[] = []
  map.collect('a', found)
  map.collect('b', found)
  map.collect('c', found)
  expect(found).toEqual([4, 2, 9, 5])
  expect(map.size).toBe(2)
})
