import { expect, test } from 'vitest'
import { IMPORT_SOURCES } from '../../../src/import/import-sources.js'

test('names each tool once', () => {
  expect(new Set(IMPORT_SOURCES).size).toBe(IMPORT_SOURCES.length)
})
