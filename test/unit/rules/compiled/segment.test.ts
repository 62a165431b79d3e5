import { describe, expect, test } from 'vitest'
import { EMPTY_SEGMENT } from '../../../../src/rules/compiled/segment.js'
import { strengthOf } from '../../../../src/rules/decide.js'
import { linesFor, queryOf, segmentOf } from '../../../helpers/segments.js'

describe('a segment', () => {
  const segment = segmentOf(
    ['block a.example', 'block .b.example', 'block *.c.example', "- '*.d.example'", 'allow! x.example:8080 # why'].join(
      '\n',
    ),
  )

  test.each([
    ['a.example', true],
    ['x.a.example', false],
    ['b.example', true],
    ['x.y.b.example', true],
    ['c.example', false],
    ['x.y.c.example', true],
    ['d.example', false],
    ['x.d.example', true],
    ['x.y.d.example', false],
    ['example', false],
  ])('reaches %s: %s', (host, expected) => {
    expect(linesFor(segment, host)).toHaveLength(expected ? 1 : 0)
  })

  test('knows of every rule its line, its strength and when it speaks', () => {
    const last = segment.entries - 1
    expect(segment.rows.size).toBe(1)
    expect(segment.lineOf(last)).toBe(5)
    expect(segment.sourceOf(last)).toBe(0)
    expect(segment.strengthOf(last, 9)).toBe(strengthOf('allow', true, { kind: 'host', host: 'x.example', port: 8080 }))
    expect(segment.applies(last, { ...queryOf('x.example'), port: 8080 })).toBe(true)
    expect(segment.applies(last, queryOf('x.example'))).toBe(false)
    expect(segment.describe(last, '', 'block')).toEqual({
      action: 'allow',
      level: 'allow!',
      list: 'list',
      line: 5,
      text: 'allow! x.example:8080',
      reason: 'why',
    })
  })

  test('gives the name of a row and the row one number', () => {
    const byName = Array.from({ length: segment.names.size }, (_, i) => segment.identify(i))
    expect(byName.filter((rule) => rule >= segment.names.size)).toEqual([segment.entries - 1])
    expect(segment.identify(segment.entries - 1)).toBe(segment.entries - 1)
  })

  test('finds addresses by themselves', () => {
    const found: number[] = []
    segmentOf('192.0.2.0/24\na.example').collectAddress('192.0.2.9', found)
    expect(found).toHaveLength(2)
    found.length = 0
    segment.collectAddress('192.0.2.9', found)
    expect(found).toEqual([])
  })

  test('may be empty', () => {
    expect(EMPTY_SEGMENT.entries).toBe(0)
    expect(linesFor(EMPTY_SEGMENT, 'a.example')).toEqual([])
  })
})
