import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createLastingMap } from '../../src/lasting-map.js'

type Held = { readonly key: string; users: number }

test('what is in use is found, whatever comes and goes', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.boolean(), fc.nat(999)), { minLength: 1_000, maxLength: 3_000 }), (steps) => {
      const users = new Map<string, number>()
      const map = createLastingMap<Held>((held) => held.users === 0)
      for (const [comes, id] of steps) {
        const key = String(id)
        const before = users.get(key) ?? 0
        let held = map.get(key)
        expect(held?.users ?? 0).toBe(before)
        if (held === undefined) {
          held = { key, users: 0 }
          map.add(key, held)
        }
        held.users = comes ? before + 1 : Math.max(0, before - 1)
        users.set(key, held.users)
      }
      const inUse = [...map.values()].filter((held) => held.users > 0).map(({ key }) => key)
      expect(new Set(inUse)).toEqual(new Set([...users].filter(([, count]) => count > 0).map(([key]) => key)))
    }),
    { numRuns: 20 },
  )
})

test('there are at most twice as many keys as were in use the last time it looked, or 256', () => {
  const map = createLastingMap<Held>((held) => held.users === 0)
  const count = (): number => [...map.values()].length
  for (let id = 0; id < 10_000; id++) map.add(String(id), { key: String(id), users: 0 })
  expect(count()).toBeLessThanOrEqual(256)
  for (let id = 10_000; id < 11_000; id++) map.add(String(id), { key: String(id), users: 1 })
  for (let id = 11_000; id < 20_000; id++) map.add(String(id), { key: String(id), users: 0 })
  expect(count()).toBeGreaterThanOrEqual(1_000)
  expect(count()).toBeLessThanOrEqual(2_512)

  for (const held of map.values()) held.users = 0
  for (let id = 20_000; id < 30_000; id++) map.add(String(id), { key: String(id), users: 0 })
  expect(count()).toBeLessThanOrEqual(256)
})
