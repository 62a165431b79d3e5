import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createPlacedItems } from '../../../src/transport/placed-items.js'

type Item = { readonly id: number; place?: number }

test('holds what a Set holds, whatever comes and goes', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.boolean(), fc.nat(9))), (steps) => {
      const all: Item[] = Array.from({ length: 10 }, (_, id) => ({ id }))
      const items = createPlacedItems<'place', Item>('place')
      const set = new Set<Item>()
      for (const [comes, id] of steps) {
        const item = all[id] as Item
        if (comes) items.add(item)
        else items.delete(item)
        if (comes) set.add(item)
        else set.delete(item)
        expect(items.size).toBe(set.size)
        const visited: Item[] = []
        items.forEach((one) => void visited.push(one))
        expect(new Set(visited)).toEqual(set)
        expect(visited).toHaveLength(set.size)
      }
    }),
  )
})

test('an item is taken out while it is visited, and one that comes meanwhile is not visited', () => {
  const items = createPlacedItems<'place', Item>('place')
  for (let id = 0; id < 5; id++) items.add({ id })
  const visited: number[] = []
  items.forEach((item) => {
    visited.push(item.id)
    items.delete(item)
    items.add({ id: item.id + 10 })
  })
  expect(visited.sort()).toEqual([0, 1, 2, 3, 4])
  expect(items.size).toBe(5)
})

test('an item is in two of them at once', () => {
  type Both = { one?: number; other?: number }
  const [one, other] = [createPlacedItems<'one', Both>('one'), createPlacedItems<'other', Both>('other')]
  const [first, second]: Both[] = [{}, {}] as const
  for (const item of [first, second]) if (item !== undefined) one.add(item)
  if (second !== undefined) other.add(second)
  if (first !== undefined) one.delete(first)
  expect([one.size, other.size]).toEqual([1, 1])
})
