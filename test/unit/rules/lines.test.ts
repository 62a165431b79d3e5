import { expect, test } from 'vitest'
import { forEachLine } from '../../../src/rules/lines.js'

function linesOf(text: string): unknown[] {
  const lines: unknown[] = []
  forEachLine(text, (raw, line, offset) => lines.push([raw, line, offset]))
  return lines
}

test('visits every line with its number and where it starts', () => {
  expect(linesOf('a\r\n\nbc')).toEqual([
    ['a\r', 1, 0],
    ['', 2, 3],
    ['bc', 3, 4],
  ])
})

test('a final line break starts no line', () => {
  expect(linesOf('a\n')).toHaveLength(1)
  expect(linesOf('')).toHaveLength(0)
})
