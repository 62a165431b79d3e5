import { afterEach, expect, test, vi } from 'vitest'
import { SYSTEM_CLOCK } from '../../../src/subscriptions/clock.js'

afterEach(() => void vi.useRealTimers())

test('tells Unix time, wakes after the time, and not when it was cancelled', () => {
  vi.useFakeTimers({ now: 1_000 })
  const woken: string[] = []
  SYSTEM_CLOCK.wake(50, () => woken.push('a'))
  const cancel = SYSTEM_CLOCK.wake(60, () => woken.push('b'))
  cancel()
  vi.advanceTimersByTime(49)
  expect(woken).toEqual([])
  vi.advanceTimersByTime(100)
  expect(woken).toEqual(['a'])
  expect(SYSTEM_CLOCK.now()).toBe(Date.now())
})
