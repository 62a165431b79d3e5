import { describe, expect, test } from 'vitest'
import {
  countOne,
  createCounts,
  DECISIONS,
  DURATION_BOUNDS_MS,
  METHOD_CLASSES,
  observe,
  requestCountsOf,
  requestPlace,
  STATUS_PLACES,
} from '../../src/counts.js'

test('everything begins at nothing', () => {
  const counts = createCounts()
  expect(Object.values(counts.limits).every((count) => count === 0)).toBe(true)
  expect(counts.errors.VG_INTERNAL).toBe(0)
  expect(counts).toMatchObject({ byDefault: 0, bytesFromClient: 0, isReloaded: true })
})

test('each class, decision and status has a place of its own, and strange statuses share one', () => {
  const places = new Set<number>()
  for (let m = 0; m < METHOD_CLASSES.length; m++)
    for (let d = 0; d < DECISIONS.length; d++)
      for (let status = 0; status < STATUS_PLACES; status++) places.add(requestPlace(m, d, status))
  expect(places.size).toBe(METHOD_CLASSES.length * DECISIONS.length * STATUS_PLACES)
  expect(Math.max(...places)).toBe(places.size - 1)
  expect(requestPlace(1, 1, 999)).toBe(requestPlace(1, 1, 0))
})

test('a listener that is asked for again is the same', () => {
  const counts = createCounts()
  requestCountsOf(counts, 'http-1')[7] = 1
  expect(requestCountsOf(counts, 'http-1')[7]).toBe(1)
  expect(requestCountsOf(counts, 'http-2')[7]).toBe(0)
})

describe('a duration', () => {
  test.each([
    [0, 0],
    [5, 0],
    [5.1, 1],
    [60_000, DURATION_BOUNDS_MS.length - 1],
    [60_001, DURATION_BOUNDS_MS.length],
    [Number.POSITIVE_INFINITY, DURATION_BOUNDS_MS.length],
  ])('of %d ms is in bucket %d', (ms, bucket) => {
    const { requestMs } = createCounts()
    observe(requestMs, ms)
    expect(requestMs.buckets.indexOf(1)).toBe(bucket)
    expect(requestMs.sumMs).toBe(ms)
  })
})

test('keys are counted each for itself', () => {
  const map = new Map<string, number>()
  for (const key of ['a', 'b', 'a']) countOne(map, key)
  expect([...map]).toEqual([
    ['a', 2],
    ['b', 1],
  ])
})
