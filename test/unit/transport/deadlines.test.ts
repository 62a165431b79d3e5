import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { createDeadlines, type Expiring, tickFor } from '../../../src/transport/deadlines.js'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

function expiring(deadline: number): Expiring & { expired: number } {
  return {
    deadline,
    expired: 0,
    expire() {
      this.expired++
      this.deadline = 0
    },
  }
}

const create = () => createDeadlines(10, () => Date.now())

test('what has a deadline expires once it is past, within a tick', () => {
  const deadlines = create()
  const item = expiring(deadlines.now + 25)
  deadlines.add(item)
  vi.advanceTimersByTime(20)
  expect(item.expired).toBe(0)
  vi.advanceTimersByTime(20)
  expect(item.expired).toBe(1)
})

test('a deadline that is moved on, or none, does not expire', () => {
  const deadlines = create()
  const [moved, none] = [expiring(deadlines.now + 25), expiring(0)]
  deadlines.add(moved)
  deadlines.add(none)
  for (let i = 0; i < 10; i++) {
    vi.advanceTimersByTime(20)
    moved.deadline = deadlines.now + 25
  }
  expect([moved.expired, none.expired]).toEqual([0, 0])
})

test('an expiry may take items out and put others in', () => {
  const deadlines = create()
  const later = expiring(deadlines.now + 1_000)
  const item: Expiring = {
    deadline: deadlines.now + 5,
    expire() {
      deadlines.delete(item)
      deadlines.add(later)
    },
  }
  deadlines.add(item)
  vi.advanceTimersByTime(50)
  expect(deadlines.size).toBe(1)
  vi.advanceTimersByTime(1_000)
  expect(later.expired).toBe(1)
})

test('without items there is no timer, and the clock is right again with the next one', () => {
  const deadlines = create()
  const item = expiring(0)
  deadlines.add(item)
  expect(vi.getTimerCount()).toBe(1)
  deadlines.delete(item)
  expect(vi.getTimerCount()).toBe(0)
  expect(deadlines.size).toBe(0)
  vi.advanceTimersByTime(5_000)
  deadlines.add(item)
  expect(deadlines.now).toBe(Date.now())
  deadlines.delete(item)
})

test('what comes after a quiet time has the whole of its own', () => {
  const deadlines = create()
  vi.advanceTimersByTime(5_000)
  const item = expiring(deadlines.now + 1_000)
  deadlines.add(item)
  vi.advanceTimersByTime(980)
  expect(item.expired).toBe(0)
  deadlines.delete(item)
})

test.each([
  [[120_000, 60_000], 500],
  [[120_000, 2_000], 200],
  [[50], 10],
])('time-outs of %j ms are looked at every %i ms', (timeouts, tick) => {
  expect(tickFor(timeouts)).toBe(tick)
})
