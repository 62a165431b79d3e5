import { expect, test } from 'vitest'
import { readVersion } from '../../../src/config/version.js'

test('is that of the package', () => {
  expect(readVersion()).toMatch(/^\d+\.\d+\.\d+/)
})
