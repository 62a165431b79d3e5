import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { createPatience } from '../../../src/subscriptions/patience.js'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

test('ends with the complaint of the wait that was too long', () => {
  const { signal, wait } = createPatience(new AbortController().signal)
  wait(1_000, 'no head')
  vi.advanceTimersByTime(999)
  expect(signal.aborted).toBe(false)
  wait(2_000, 'no body')
  vi.advanceTimersByTime(1_999)
  expect(signal.aborted).toBe(false)
  vi.advanceTimersByTime(1)
  expect(signal.reason).toMatchObject({ name: 'FetchError', message: 'no body (waited 2 s)' })
})

test('ends with the signal it came from, and waits for nothing after the end', () => {
  const outer = new AbortController()
  const { signal, wait, end } = createPatience(outer.signal)
  wait(1_000, 'late')
  end()
  vi.advanceTimersByTime(5_000)
  expect(signal.aborted).toBe(false)
  outer.abort('stop')
  expect(signal.reason).toBe('stop')
})
