import { expect, test } from 'vitest'
import { createRush } from '../../../src/workers/rush.js'

/** @returns how often it was told of clients that came so far apart */
function toldOf(clients: number, msApart: number): number {
  let now = 1_000
  let told = 0
  const noteClient = createRush(
    () => now,
    () => told++,
  )
  for (let client = 0; client < clients; client++) {
    now += msApart
    noteClient()
  }
  return told
}

test('each 512 clients that come within half a second are told', () => {
  expect(toldOf(511, 0.01)).toBe(0)
  expect(toldOf(512, 0.01)).toBe(1)
  expect(toldOf(5_120, 0.999)).toBe(10)
})

test('fewer than 1,000 a second are no rush, however many they are', () => {
  expect(toldOf(100_000, 1)).toBe(0)
})

test('each 512 are judged by themselves', () => {
  let now = 0
  let told = 0
  const noteClient = createRush(
    () => now,
    () => told++,
  )
  const come = (clients: number) => {
    for (let client = 0; client < clients; client++) noteClient()
  }
  come(511)
  now += 10_000
  come(1)
  expect(told).toBe(0)
  come(512)
  expect(told).toBe(1)
})
