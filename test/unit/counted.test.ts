import { expect, test } from 'vitest'
import { counted } from '../../src/counted.js'

test('one is one, and none are many', () => {
  expect([0, 1, 2].map((number) => counted(number, 'rule'))).toEqual(['0 rules', '1 rule', '2 rules'])
})
