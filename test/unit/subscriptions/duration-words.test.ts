import { expect, test } from 'vitest'
import { durationInWords } from '../../../src/subscriptions/duration-words.js'

test.each([
  [-5, '0 s'],
  [0, '0 s'],
  [1_499, '1 s'],
  [59_000, '1 min'],
  [90_000, '90 s'],
  [150_000, '3 min'],
  [3_600_000, '1 h'],
  [5_400_000, '90 min'],
  [43_200_000, '12 h'],
  [86_400_000, '1 d'],
  [100_000_000, '28 h'],
  [864_000_000, '10 d'],
])('%i ms: %s', (ms, words) => {
  expect(durationInWords(ms)).toBe(words)
})
