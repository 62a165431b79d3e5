import { describe, expect, test } from 'vitest'
import { parseBareName, parsePlain } from '../../../../src/rules/formats/plain.js'
import { shown } from './lines.js'

describe('one token', () => {
  test.each([
    ['a.example', 'a.example', '.a.example'],
    ['a.example;', 'a.example', '.a.example'],
    ['A.example', 'a.example', '.a.example'],
    ['.a.example', '.a.example', '.a.example'],
    ['*.a.example', '*.a.example', '.a.example'],
    ['ad*.example', 'glob(ad*.example)', 'glob(ad*.example)'],
    ['192.0.2.1', '192.0.2.1/32', '192.0.2.1/32'],
    ['192.0.2.0/24', '192.0.2.0/24', '192.0.2.0/24'],
    ['a.example/x', 'url(a.example /x)', 'url(a.example /x)'],
    ['a..b', 'problem 1: invalid-name', 'problem 1: invalid-name'],
    ['two words', 'problem 1: syntax', 'problem 1: syntax'],
    ['2024010101', 'problem 1: syntax', 'problem 1: syntax'],
  ])('%s → %s, with scope suffix %s', (line, exact, suffix) => {
    expect(shown(parsePlain(line, 'exact'))).toBe(exact)
    expect(shown(parsePlain(line, 'suffix'))).toBe(suffix)
  })

  test.each(['a.example', 'a-b_c.example', 'x1.a1b'])('the short cut reads %s as the long way does', (line) => {
    expect(parseBareName(line, 'exact')).toEqual(parsePlain(line, 'exact'))
    expect(parseBareName(line, 'suffix')).toEqual(parsePlain(line, 'suffix'))
  })

  test.each(['.a.example', '192.0.2.1', 'a.0x1', 'A.example', 'a..b', '*.a', '0x7f.1', 'a.'])(
    'the short cut leaves %s alone',
    (line) => {
      expect(parseBareName(line, 'exact')).toBeUndefined()
    },
  )
})
