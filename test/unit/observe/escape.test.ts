import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { escapeControls, escapeQuoted, escapeWord, jsonLine } from '../../../src/observe/escape.js'

const numRuns = Number(process.env.FUZZ_RUNS ?? 100)
const wild = fc.string({ unit: 'binary' })

describe('escaping for logs', () => {
  test('text for people shows control characters, separators and bidi overrides as escapes', () => {
    expect(escapeControls('a\n\x1b[31m\x7f\x9b\u2028\u202e\u200bé😀')).toBe(
      'a\\u000a\\u001b[31m\\u007f\\u009b\\u2028\\u202e\\u200bé😀',
    )
  })

  test('a quoted field is escaped as Squid does, other bytes as \\xNN', () => {
    expect(escapeQuoted('A"B\\C\tD[e]%41\r\n')).toBe('A\\"B\\\\C\\tD[e]%41\\r\\n')
    expect(escapeQuoted('\x1b\xc3\xa9\u20ac')).toBe('\\x1b\\xc3\\xa9\\xe2\\x82\\xac')
  })

  test('a word is percent-encoded, and a dash where it is empty', () => {
    expect(escapeWord('a b\x1b"\xe9')).toBe('a%20b%1B"%E9')
    expect(escapeWord('')).toBe('-')
  })

  // invariant: an escaped text is printable and cannot leave its place in the line
  test('no text leaves its place', () => {
    fc.assert(
      fc.property(wild, (text) => {
        expect(escapeControls(text)).not.toMatch(/[\p{Cc}\p{Zl}\p{Zp}]/u)
        expect(escapeQuoted(text)).toMatch(/^(?:[\x20\x21\x23-\x5b\x5d-\x7e]|\\["\\rnt]|\\x[0-9a-f]{2})*$/)
        expect(escapeWord(text)).toMatch(/^[\x21-\x7e]+$/)
      }),
      { numRuns },
    )
  })

  // invariant: JSON stays the same value
  test('a line of JSON is printable and reads back as it was', () => {
    fc.assert(
      fc.property(wild, (text) => {
        const line = jsonLine({ text })
        expect(line).not.toMatch(/[\p{Cc}\p{Zl}\p{Zp}]/u)
        expect(JSON.parse(line)).toEqual({ text })
      }),
      { numRuns },
    )
  })
})
