import { expect, test } from 'vitest'
import { statusPhrase } from '../../../src/answers/status-phrase.js'
import { ERROR_CATALOG } from '../../../src/errors.js'

test.each([...new Set(Object.values(ERROR_CATALOG).map(({ status }) => status)), 451, 200])(
  '%i has a phrase',
  (status) => {
    expect(statusPhrase(status)).not.toBe('')
  },
)

test('a status that is never sent has none', () => {
  expect(statusPhrase(299)).toBe('')
})
