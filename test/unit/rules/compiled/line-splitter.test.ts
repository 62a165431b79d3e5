import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createLineSplitter } from '../../../../src/rules/compiled/line-splitter.js'

/** Feeds a text in pieces, all through one Buffer that is overwritten each time, as files are read. */
function linesOf(text: string, lengths: readonly number[]): string[] {
  const lines: string[] = []
  const splitter = createLineSplitter({
    line: 0,
    readForm: () => -1,
    readLine: (raw, line) => lines.push(`${line} ${raw}`),
  })
  const bytes = Buffer.from(text)
  const reused = Buffer.alloc(bytes.length + 1)
  let at = 0
  for (const length of [...lengths, bytes.length]) {
    const copied = bytes.copy(reused, 0, at, Math.min(bytes.length, at + length))
    splitter.feed(reused.subarray(0, copied))
    reused.fill('#')
    at += copied
  }
  splitter.end()
  expect(splitter.line).toBe(lines.length)
  return lines
}

describe('lines', () => {
  // However a text is cut, even within a character, its lines and their numbers are the same.
  test('do not depend on how the text is cut into pieces, nor on what becomes of the pieces', () => {
    const text = fc
      .array(fc.constantFrom('a', 'bc', 'ü', '€', '\n', '\n', '\r\n', ' '), { maxLength: 30 })
      .map((parts) => parts.join(''))
    fc.assert(
      fc.property(text, fc.array(fc.nat(5), { maxLength: 20 }), (whole, lengths) => {
        const lines = whole.endsWith('\n') ? whole.split('\n').slice(0, -1) : whole.split('\n')
        const expected = whole === '' ? [] : lines.map((line, i) => `${i + 1} ${line}`)
        expect(linesOf(whole, lengths)).toEqual(expected)
      }),
    )
  })

  test('that are known by their form are not read again', () => {
    const seen: string[] = []
    const splitter = createLineSplitter({
      line: 10,
      readForm: (bytes, start) => (bytes[start] === 0x61 ? bytes.indexOf(0x0a, start) : -1),
      readLine: (raw, line) => seen.push(`${line} ${raw}`),
    })
    splitter.feed(new TextEncoder().encode('abc\nx\nab\ny'))
    splitter.end()
    expect(seen).toEqual(['12 x', '14 y'])
    expect(splitter.line).toBe(14)
  })
})
