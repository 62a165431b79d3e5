import { expect, test } from 'vitest'
import { findLines } from '../../../../src/rules/compiled/find-lines.js'
import { KEY, segmentOf } from '../../../helpers/segments.js'

const segment = segmentOf(
  [
    'block a.example',
    'block a.example # why',
    'block .a.example',
    '0.0.0.0 b.example c.example',
    'block d*.example',
    '||e.example^$important,denyallow=x',
    'block {f,g}.example',
  ].join('\n'),
)
const linesOf = (rules: readonly number[]) => rules.map((rule) => segment.lineOf(rule)).toSorted()

test.each([
  ['block a.example', [1, 2]],
  ['block .a.example', [3]],
  ['a.example', []],
  ['0.0.0.0 b.example c.example', [4, 4]],
  ['0.0.0.0 b.example', []],
  ['block d*.example', [5]],
  ['block {f,g}.example', [7, 7]],
  ['block f.example', []],
  ['nonsense here', []],
])('%s was written in %j', (line, lines) => {
  expect(linesOf(findLines(segment, KEY, line))).toEqual(lines)
})

test('asks of lines that start alike whether they are meant', () => {
  const seen: string[] = []
  findLines(segment, KEY, '||e.example^$denyallow=x,important', (text) => {
    seen.push(text)
    return false
  })
  expect([...new Set(seen)]).toEqual(['||e.example^$important,denyallow=x'])
})
