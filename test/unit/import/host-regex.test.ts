import { describe, expect, test } from 'vitest'
import { hostRegex, nativePattern } from '../../../src/import/host-regex.js'
import { printPattern } from '../../../src/import/print-pattern.js'

const shown = (read: ReturnType<typeof hostRegex>) =>
  'pattern' in read ? printPattern(read.pattern)?.join(' ') : `? ${read.reason}`

describe('hostRegex', () => {
  test.each([
    ['(\\.|^)ads\\.example$', '.ads.example'],
    ['(^|\\.)ads\\.example$', '.ads.example'],
    ['^ads\\.example$', 'ads.example'],
    ['\\.ads\\.example$', '*.ads.example'],
    ['ads\\.example$', '/ads\\.example$/'],
    ['^ads.example$', '/^ads.example$/'],
    ['^ads[0-9]+', '/^ads[0-9]+/'],
    ['^(.+\\.)?ads', '/^(.+\\.)?ads/'],
    ['http://ads', '? regular expression for URLs'],
  ])('%s → %s', (source, expected) => {
    expect(shown(hostRegex(source))).toBe(expected)
  })

  test('says why an expression cannot be run', () => {
    expect(shown(hostRegex('(?!a)b'))).toMatch(/^\? .*linear time/)
  })
})

test('nativePattern is one token, or says why it is none', () => {
  expect(shown(nativePattern('.a.example'))).toBe('.a.example')
  expect(shown(nativePattern('a..b'))).toMatch(/^\? .*not a valid host name/)
})
