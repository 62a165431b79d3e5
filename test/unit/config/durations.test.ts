import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { formatDuration, MAX_DURATION_MS, parseDuration } from '../../../src/config/durations.js'

const numRuns = Number(process.env.FUZZ_RUNS ?? 100)

describe('parseDuration', () => {
  test.each([
    ['1ms', 1],
    ['500ms', 500],
    ['10s', 10_000],
    ['2m', 120_000],
    ['12h', 43_200_000],
    ['2147483647ms', MAX_DURATION_MS],
  ])('reads %s as %d ms', (text, ms) => {
    expect(parseDuration(text)).toBe(ms)
  })

  test.each([
    '',
    '10',
    's',
    '0s',
    '-1s',
    '1.5s',
    '10 s',
    ' 10s',
    '10S',
    '1d',
    '10s10',
    '1e3s',
    '2147483648ms',
    '597h',
    '99999999999s',
  ])('refuses %j', (text) => {
    expect(parseDuration(text)).toBeUndefined()
  })

  test('reads back whatever formatDuration writes', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: MAX_DURATION_MS }), (ms) => {
        expect(parseDuration(formatDuration(ms))).toBe(ms)
      }),
      { numRuns },
    )
  })
})

describe('formatDuration', () => {
  test.each([
    [500, '500ms'],
    [1_500, '1500ms'],
    [60_000, '1m'],
    [90_000, '90s'],
    [3_600_000, '1h'],
  ])('writes %d ms as %s, the largest unit that is exact', (ms, text) => {
    expect(formatDuration(ms)).toBe(text)
  })
})
