import { describe, expect, test } from 'vitest'
import { branchesOf, createSegmentBuilder } from '../../../../src/rules/compiled/segment-builder.js'
import { KEY, linesFor, readInto, segmentOf } from '../../../helpers/segments.js'

describe('a list', () => {
  test('in one form keeps no text: names and the form give the lines back', () => {
    const names = Array.from({ length: 100 }, (_, i) => `n${i}.example`)
    const segment = segmentOf(names.map((name) => `0.0.0.0 ${name}`).join('\n'))
    expect(segment.rows.size).toBe(0)
    expect(segment.forms).toMatchObject([{ prefix: '0.0.0.0 ', suffix: '', format: 'hosts', reach: 'host' }])
    expect(linesFor(segment, 'n42.example')).toEqual(['43 0.0.0.0 n42.example'])
    expect(linesFor(segment, 'x.n42.example')).toEqual([])
    expect(segment.sources[0]?.counts).toMatchObject({ lines: 100, rules: 100, byFormat: { hosts: 100 } })
  })

  test('may be in several forms, whose lines alternate', () => {
    const segment = segmentOf('||a.example^\n*.b.example\n||c.example^\n*.d.example\n||e.example^$important\n')
    expect(segment.forms).toHaveLength(3)
    expect(segment.rows.size).toBe(0)
    expect(
      ['x.a.example', 'x.b.example', 'c.example', 'd.example', 'e.example'].map((host) => linesFor(segment, host)),
    ).toEqual([['1 ||a.example^'], ['2 *.b.example'], ['3 ||c.example^'], [], ['5 ||e.example^$important']])
  })

  test('keeps the lines that say more: reasons, ports, several names, globs', () => {
    const text = 'block a.example # why\nblock b.example:80\n0.0.0.0 c.example d.example\nblock e*.example\n'
    const segment = segmentOf(text)
    expect(segment.rows.size).toBe(5)
    expect(linesFor(segment, 'a.example')).toEqual(['1 block a.example'])
    expect(linesFor(segment, 'd.example')).toEqual(['3 0.0.0.0 c.example d.example'])
    expect(linesFor(segment, 'eee.example')).toEqual(['4 block e*.example'])
  })

  test('with more forms than are learnt is read all the same', () => {
    const lines = Array.from({ length: 40 }, (_, i) => `block n${i}.example # reason ${i}`)
    const segment = segmentOf(lines.join('\n'))
    expect(segment.forms.length).toBeLessThanOrEqual(16)
    for (const [i, line] of lines.entries())
      expect(linesFor(segment, `n${i}.example`)).toEqual([`${i + 1} ${line.split(' #', 1)[0]}`])
  })

  test('does not learn a form twice from lines that only look different', () => {
    const segment = segmentOf('a.example \n\tb.example\nc.example\r\nd.example')
    expect(segment.forms).toHaveLength(1)
    expect(segment.names.size).toBe(4)
  })

  test('may be empty where that is said', () => {
    const builder = createSegmentBuilder(KEY)
    readInto(builder, '', { mayBeEmpty: true })
    expect(builder.problems).toEqual([])
    readInto(builder, '', {})
    expect(builder.problems).toHaveLength(1)
  })

  test('tells of includes, and whether they were followed', () => {
    const builder = createSegmentBuilder(KEY)
    const followed = readInto(builder, 'include a.txt as allow\ninclude:b @ads\n', { follows: () => true })
    expect(followed.includes).toMatchObject([
      { kind: 'include', line: 1, column: 9, path: 'a.txt', action: 'allow' },
      { kind: 'sibling', line: 2, name: 'b', attributes: ['ads'] },
    ])
    expect(builder.problems).toEqual([])
    expect(readInto(builder, 'full:x.example\ninclude:b\n').counts.skipped).toEqual({
      'v2fly include of a file that is not there': 1,
    })
    readInto(builder, 'block x.example\ninclude a.txt\n')
    expect(builder.problems).toMatchObject([{ line: 2, column: 9 }])
  })

  test('may go on in a further text, with its lines counted on', () => {
    const builder = createSegmentBuilder(KEY)
    readInto(builder, 'block a.example\nblock b.example')
    const source = readInto(builder, 'block c.example', { continues: 0, linesBefore: 2 })
    const segment = builder.finish()
    expect(source.counts).toMatchObject({ lines: 3, rules: 3, byFormat: { native: 3 } })
    expect(source.size).toBe(3)
    expect(segment.sources).toHaveLength(1)
    expect(linesFor(segment, 'c.example')).toEqual(['3 block c.example'])
    expect(segment.forms).toHaveLength(1)
  })
})

test('branches of braces are taken one by one', () => {
  expect(branchesOf({ kind: 'branches', branches: [{ kind: 'regex', source: 'a' }] })).toEqual([
    { kind: 'regex', source: 'a' },
  ])
})
