import { statSync } from 'node:fs'
import { expect, test } from 'vitest'
import { SHIPPED_RULES } from '../../../src/config/shipped-rules.js'

test('the shipped rules are a file of this package', () => {
  expect(statSync(SHIPPED_RULES.path).isFile()).toBe(true)
  expect(SHIPPED_RULES.action).toBe('block')
})
