import { expect, test } from 'vitest'
import { isLocalhost, isNeverAsked, isOnion } from '../../../src/http/special-names.js'

const NAMES = ['onion', 'a.onion', 'notonion', 'onion.test', 'localhost', 'a.localhost', 'notlocalhost', 'a.invalid']

test('a name is special by its last label', () => {
  expect(NAMES.filter(isOnion)).toEqual(['onion', 'a.onion'])
  expect(NAMES.filter(isLocalhost)).toEqual(['localhost', 'a.localhost'])
  expect(NAMES.filter(isNeverAsked)).toEqual(['onion', 'a.onion', 'a.invalid'])
})
