import { describe, expect, test } from 'vitest'
import { GONE, type Living, wholly } from '../../../../src/rules/compiled/living.js'
import type { Segment } from '../../../../src/rules/compiled/segment.js'
import { createSegmentBuilder } from '../../../../src/rules/compiled/segment-builder.js'
import { KEY, linesFor, livingOf, queryOf, readInto } from '../../../helpers/segments.js'

const LINES = ['block a.example', 'block b.example # why', 'block c*.example', '||d.example^$denyallow=x.d.example']

/** What the rules of LINES are, asked one by one. */
function left(segment: Segment): string[][] {
  return ['a.example', 'b.example', 'ccc.example', 'd.example'].map((host) => linesFor(segment, host))
}

const ALL = LINES.map((line, i) => [`${i + 1} ${line.replace(/ #.*/, '')}`])

describe.each(['adopt', 'adoptLarge'] as const)('%s', (how) => {
  function merged(living: Living, more: string): Segment {
    const builder = createSegmentBuilder(KEY)
    readInto(builder, more)
    builder[how](living)
    return builder.finish()
  }

  test('takes over names, rows, tables and exceptions, behind what was read', () => {
    const segment = merged(livingOf(LINES.join('\n')), 'z.example\ny.example\na.example\n')
    expect(left(segment)).toEqual([['1 block a.example', '3 a.example'], ...ALL.slice(1)])
    expect(linesFor(segment, 'y.example')).toEqual(['2 y.example'])
    expect(segment.sources.map(({ size }) => size)).toEqual([3, 4])
    const last = segment.entries - 1
    expect(segment.applies(last, queryOf('x.d.example'))).toBe(false)
    expect(segment.applies(last, queryOf('d.example'))).toBe(true)
  })

  test('leaves behind lists that are gone and rules that were taken away', () => {
    const builder = createSegmentBuilder(KEY)
    readInto(builder, LINES.join('\n'))
    readInto(builder, 'gone.example\nb.example # gone\nc*.gone\n')
    const both = builder.finish()
    const row = both.entries - both.rows.size
    const living: Living = {
      ...wholly(both, Int32Array.of(0, GONE)),
      removed: new Set([row]),
      removedSizes: new Map([[0, 1]]),
    }
    const segment = merged(living, 'z.example')
    expect(left(segment)).toEqual([ALL[0], [], ALL[2], ALL[3]])
    expect(linesFor(segment, 'gone.example')).toEqual([])
    expect(segment.sources.map(({ size }) => size)).toEqual([1, 3])
    expect(segment.names.size).toBe(3)
  })

  test('may be all there is, or nothing', () => {
    const builder = createSegmentBuilder(KEY)
    builder[how](livingOf(LINES.join('\n')))
    expect(left(builder.finish())).toEqual(ALL)
    expect(merged(wholly(createSegmentBuilder(KEY).finish(), new Int32Array(0)), 'z.example').entries).toBe(1)
  })
})

test('names of a large segment are merged in order with others before, between and behind them', () => {
  const many = Array.from({ length: 500 }, (_, i) => `n${i}.example`)
  const builder = createSegmentBuilder(KEY)
  readInto(builder, many.filter((_, i) => i % 3 === 0).join('\n'))
  builder.adoptLarge(livingOf(many.filter((_, i) => i % 3 !== 0).join('\n')))
  const segment = builder.finish()
  expect(segment.names.size).toBe(500)
  for (const name of many) expect(linesFor(segment, name)).toHaveLength(1)
  const { high } = segment.names.columns
  expect(high.every((word, i) => i === 0 || (high[i - 1] ?? 0) <= word)).toBe(true)
})
