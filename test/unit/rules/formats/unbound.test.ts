import { describe, expect, test } from 'vitest'
import { parseUnbound } from '../../../../src/rules/formats/unbound.js'
import { shown } from './lines.js'

describe('unbound configurations', () => {
  test.each([
    ['local-zone: "a.example" always_nxdomain', '.a.example'],
    ['local-zone: "a.example." always_null', '.a.example'],
    ['local-zone: a.example. refuse', '.a.example'],
    ['local-zone: "a.example" redirect', '.a.example'],
    ['local-zone: "a.example" transparent', 'skipped: unbound zone that resolves'],
    ['local-data: "a.example A 0.0.0.0"', 'a.example'],
    ["local-data: 'a.example. 60 IN AAAA ::'", 'a.example'],
    ['local-data: "a.example A 192.0.2.1"', 'skipped: unbound data with another address'],
    ['local-data: "a.example TXT x"', 'skipped: unbound option'],
    ['server:', 'skipped: unbound option'],
    ['private-address: 10.0.0.0/8', 'skipped: unbound option'],
    ['local-zone: "a..b" refuse', 'problem 14: invalid-name'],
    ['a.example', 'not this format'],
  ])('%s → %s', (line, expected) => {
    expect(shown(parseUnbound(line))).toBe(expected)
  })
})
