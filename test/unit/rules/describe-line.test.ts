import { expect, test } from 'vitest'
import { describeLine } from '../../../src/rules/describe-line.js'

test('gives the line at an offset without its reason, and the reason', () => {
  const text = 'block a  # one\r\nblock b\n'
  expect(describeLine(text, 0)).toEqual({ text: 'block a', reason: 'one' })
  expect(describeLine(text, 16)).toEqual({ text: 'block b', reason: undefined })
  expect(describeLine('last', 0)).toEqual({ text: 'last', reason: undefined })
})
