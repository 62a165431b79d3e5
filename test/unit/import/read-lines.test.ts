import { describe, expect, test } from 'vitest'
import { readLine, readLines } from '../../../src/import/read-lines.js'
import { fileOf, ruleLines, skippedLines } from '../../helpers/imported-rules.js'

describe('readLines', () => {
  test('reads each line as veilgate does, and reports the others', () => {
    const file = fileOf(
      'f',
      '# comment',
      '0.0.0.0 a.example b.example # why',
      '127.0.0.1 localhost',
      '192.0.2.1 c.example',
      '@@||d.example^$important',
      'x##.ad',
      'default block',
      '0.0.0.0 e.example f..example',
      '{',
    )
    const read = readLines(file)
    expect(ruleLines({ ...read, lists: [] })).toEqual([
      'block a.example # why',
      'block b.example # why',
      'allow! .d.example',
      'block e.example',
    ])
    expect(skippedLines(read.skipped)).toEqual([
      '4: 192.0.2.1 c.example',
      '6: x##.ad',
      '7: default block',
      '8: 0.0.0.0 e.example f..example',
      '9: {',
    ])
  })

  test('gives patterns that state none the action it was asked for', () => {
    expect(readLine('a.example', { file: 'f', line: 1 }, { action: 'allow' }).rules[0]?.level).toBe('allow')
  })

  test('takes the reason of those who know more', () => {
    const { skipped } = readLine('||a^$x', { file: 'f', line: 1 }, { reasonOf: (line) => `about ${line}` })
    expect(skipped[0]?.reason).toBe('about ||a^$x')
  })
})
