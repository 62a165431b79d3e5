import { describe, expect, test } from 'vitest'
import { collectTakenBack, readSource } from '../../../../src/rules/lint/read-source.js'

const read = (text: string, action?: 'allow' | 'block') =>
  readSource({ name: 't', text, ...(action && { action }) }, new Set())

describe('readSource', () => {
  test('keeps the place, action and strength of every rule', () => {
    const { rules } = read('\ufeff  block! a.example\n0.0.0.0 b.example c.example\n@@||d.example^$important')
    expect(rules.map(({ line, column, action, strength }) => [line, column, action, strength])).toEqual([
      [1, 4, 'block', 2],
      [2, 1, 'block', 0],
      [2, 1, 'block', 0],
      [3, 1, 'allow', 3],
    ])
  })

  test('in an allow file bare patterns allow, lines that block are none', () => {
    expect(read('a.example\nblock b.example\ndefault block', 'allow')).toMatchObject({
      rules: [{ line: 1, action: 'allow' }],
      defaults: [],
    })
  })

  test('a pasted URL has a code of its own', () => {
    expect(read('block https://a.example/x\nblock ..').findings.map(({ code }) => code)).toEqual([
      'scheme',
      'invalid-name',
    ])
  })

  test('leaves out what a badfilter of any source takes back', () => {
    const sources = [
      { name: 'a', text: '||a.example^\n||b.example^' },
      { name: 'b', text: '||a.example^$badfilter' },
    ] as const
    const takenBack = collectTakenBack(sources)
    expect(sources.flatMap((source) => readSource(source, takenBack).rules.map(({ line }) => line))).toEqual([2])
  })
})
