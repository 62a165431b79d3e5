import { expect, test } from 'vitest'
import { escaped } from '../../../src/cli/escaped.js'

test('control characters are shown, everything else stays', () => {
  expect(escaped('a\x1b[2Jb\r\n\x9fü')).toBe('a\\x1b[2Jb\\x0d\\x0a\\x9fü')
})
