import { expect, test } from 'vitest'
import { expiresOf } from '../../../src/subscriptions/expires.js'

const HOUR = 3_600_000

test.each([
  ['! Expires: 4 days', 96 * HOUR],
  ['! Title: x\n! Expires: 1 day (update frequency)\n', 24 * HOUR],
  ['[Adblock Plus 2.0]\r\n! expires: 12 hours\r\n', 12 * HOUR],
  ['# Expires: 6h', 6 * HOUR],
  ['#   EXPIRES : 2d\n', 48 * HOUR],
  ['!Expires:5 Days', 120 * HOUR],
])('%j: %i ms', (text, ms) => {
  expect(expiresOf(Buffer.from(text))).toBe(ms)
})

test.each([
  ['nothing', 'ads.test\n'],
  ['zero', '! Expires: 0 days'],
  ['another unit', '! Expires: 3 weeks'],
  ['a date', '! Expires: Thu, 01 Jan 2026'],
  ['no comment', 'Expires: 4 days'],
  ['a line too far below', `${'! x\n'.repeat(2_000)}! Expires: 4 days`],
])('a list that says %s says nothing', (_what, text) => {
  expect(expiresOf(Buffer.from(text))).toBeUndefined()
})
