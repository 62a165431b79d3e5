import { describe, expect, test } from 'vitest'
import { parseV2fly } from '../../../../src/rules/formats/v2fly.js'
import { shown } from './lines.js'

describe('v2fly domain lists', () => {
  test.each([
    ['domain:a.example', '.a.example'],
    ['full:a.example', 'a.example'],
    ['full:a.example @ads @cn', 'a.example'],
    ['a.example @ads', '.a.example'],
    ['keyword:ads', 'glob(*ads*)'],
    ['regexp:^ads[0-9]+\\.', '/^ads[0-9]+\\./'],
    ['include:google', 'sibling google'],
    ['include:google @ads @-cn', 'sibling google ads -cn'],
    ['include:../secrets', 'skipped: v2fly include that is no sibling'],
    ['regexp:(?=a)', 'problem 8: syntax'],
    ['full:a..b', 'problem 6: invalid-name'],
    ['a.example', 'not this format'],
  ])('%s → %s', (line, expected) => {
    expect(shown(parseV2fly(line))).toBe(expected)
  })
})
