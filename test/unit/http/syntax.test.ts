import { describe, expect, test } from 'vitest'
import {
  hasTabBehind,
  parseDigits,
  sliceEquals,
  TARGET_CHAR,
  TOKEN_LOWER,
  VALUE_CHAR,
} from '../../../src/http/syntax.js'

const octets = Array.from({ length: 256 }, (_, code) => String.fromCharCode(code))
const matching = (table: Uint8Array) => octets.filter((_, code) => table[code] !== 0).join('')

describe('the character tables', () => {
  test('a token is what RFC 9110 §5.6.2 lists, in its lower case', () => {
    expect(matching(TOKEN_LOWER)).toBe(octets.filter((c) => /[!#$%&'*+\-.^_`|~0-9A-Za-z]/.test(c)).join(''))
    for (const c of matching(TOKEN_LOWER)) expect(TOKEN_LOWER[c.charCodeAt(0)]).toBe(c.toLowerCase().charCodeAt(0))
  })

  test('a value holds tab, space, visible ASCII and octets above it', () => {
    expect(matching(VALUE_CHAR)).toBe(octets.filter((c) => /[\t\x20-\x7e\x80-\xff]/.test(c)).join(''))
  })

  test('a target holds visible ASCII only', () => {
    expect(matching(TARGET_CHAR)).toBe(octets.filter((c) => /[!-~]/.test(c)).join(''))
  })
})

describe('sliceEquals', () => {
  test.each([
    ['xChunkEdx', 1, 8, true],
    ['chunked', 0, 7, true],
    ['chunkes', 0, 7, false],
    ['chunked', 0, 6, false],
    ['chunked ', 0, 8, false],
    // the Kelvin sign becomes k under Unicode case folding
    ['chun\u212aed', 0, 7, false],
    ['', 0, 0, false],
  ])('%j from %d to %d is chunked: %s', (text, start, end, expected) => {
    expect(sliceEquals(text, start, end, 'chunked')).toBe(expected)
  })
})

describe('parseDigits', () => {
  test.each([
    ['0', 0],
    ['007', 7],
    ['999999999999999', 999_999_999_999_999],
    ['1000000000000000', -1],
    ['', -1],
    ['-1', -1],
    ['+1', -1],
    ['1 ', -1],
    ['1,1', -1],
    ['0x1', -1],
    ['\u0661', -1],
  ])('reads %j as %d', (text, expected) => {
    expect(parseDigits(text, 0, text.length)).toBe(expected)
    expect(parseDigits(`9${text}9`, 1, text.length + 1)).toBe(expected)
  })
})

describe('hasTabBehind', () => {
  test.each([
    ['5\r\n', false],
    ['5  \r\n', false],
    ['5\t\r\n', true],
    ['5 \t\r\n', true],
    ['5\r\n\t', false],
    ['5', false],
  ])('%j: %s', (text, expected) => {
    expect(hasTabBehind(text, 1)).toBe(expected)
  })
})
