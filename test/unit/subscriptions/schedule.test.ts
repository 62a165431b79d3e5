import { describe, expect, test } from 'vitest'
import { firstFetch, nextFetch, nextTry, refreshInterval } from '../../../src/subscriptions/schedule.js'

const HOUR = 3_600_000
const DAY = 24 * HOUR
const hourly = { refreshMs: HOUR, expiresMs: undefined }
const NOW = 1_000 * DAY

describe('the interval', () => {
  test.each([
    [HOUR / 2, 4 * DAY, HOUR / 2, 'what is configured, whatever the list says'],
    [undefined, 4 * DAY, 4 * DAY, 'what the list says'],
    [undefined, HOUR / 4, HOUR, 'an hour for a list that expires at once'],
    [undefined, 365 * DAY, 14 * DAY, '14 days for a list that never does'],
    [undefined, undefined, DAY, 'a day where nobody says anything'],
  ])('configured %s, written %s: %s (%s)', (refreshMs, expiresMs, expected, _why) => {
    expect(refreshInterval({ refreshMs, expiresMs })).toBe(expected)
  })
})

describe('the first fetch', () => {
  test('comes at once without a copy', () => {
    expect(firstFetch(NOW, undefined, hourly, 0.9)).toBe(NOW)
  })

  test('comes when the time of the copy is up', () => {
    expect(firstFetch(NOW, NOW - HOUR / 4, hourly, 0)).toBe(NOW + (HOUR * 3) / 4)
  })

  test('of an overdue copy comes within a minute, spread by chance', () => {
    expect(firstFetch(NOW, NOW - 5 * DAY, hourly, 0)).toBe(NOW)
    expect(firstFetch(NOW, NOW - 5 * DAY, hourly, 0.5)).toBe(NOW + 30_000)
  })

  test('a copy from the future, of a clock that was set back, counts as one of now', () => {
    expect(firstFetch(NOW, NOW + 30 * DAY, hourly, 0)).toBe(NOW + HOUR)
  })
})

test('the next fetch comes after the interval, up to a tenth later', () => {
  expect(nextFetch(NOW, hourly, 0)).toBe(NOW + HOUR)
  expect(nextFetch(NOW, hourly, 0.5)).toBe(NOW + 1.05 * HOUR)
})

describe('the next try', () => {
  test('doubles from 30 s, up to four hours', () => {
    const daily = { refreshMs: DAY, expiresMs: undefined }
    const waits = [1, 2, 3, 4, 9, 10, 500].map((failures) => nextTry(NOW, failures, daily, 0) - NOW)
    expect(waits).toEqual([30_000, 60_000, 120_000, 240_000, 7_680_000, 4 * HOUR, 4 * HOUR])
  })

  test('is never later than the usual next fetch would be', () => {
    expect(nextTry(NOW, 20, { refreshMs: 60_000, expiresMs: undefined }, 0)).toBe(NOW + 60_000)
  })

  test('is spread by chance', () => {
    expect(nextTry(NOW, 1, hourly, 0.5)).toBe(NOW + 31_500)
  })
})
