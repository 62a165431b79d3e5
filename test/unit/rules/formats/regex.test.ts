import { describe, expect, test } from 'vitest'
import { parseRegex } from '../../../../src/rules/formats/regex.js'
import { shown } from './lines.js'

describe('regular expressions', () => {
  test.each([
    ['/^ads[0-9]+\\./', '/^ads[0-9]+\\./'],
    ['/a+/ # why', '/a+/'],
    ['/(a+)+$/', '/(a+)+$/'],
    ['/[^/]+\\.example/', '/[^/]+\\.example/'],
    ['/^https?:\\/\\/ads/', 'skipped: regular expression for URLs'],
    ['/ads/banner/', 'skipped: regular expression for URLs'],
    ['/(?=a)b/', 'problem 2: syntax'],
    ['/(a)\\1/', 'problem 2: syntax'],
    ['/(a/', 'problem 2: syntax'],
    ['/((a{100}){100}){100}/', 'problem 2: syntax'],
    [`/${'a'.repeat(257)}/`, 'problem 2: syntax'],
    ['/ads/*', 'not this format'],
    ['//', 'not this format'],
    ['a', 'not this format'],
  ])('%s → %s', (line, expected) => {
    expect(shown(parseRegex(line))).toBe(expected)
  })
})
