import { describe, expect, test } from 'vitest'
import { syntaxProblem } from '../../../src/rules/parsed-line.js'
import { createTally } from '../../../src/rules/tally.js'

const WRONG = syntaxProblem(3, 'wrong', 'write it right')

describe('tally', () => {
  test('counts rules by format and what was skipped by reason', () => {
    const tally = createTally('a.txt')
    tally.lines(2)
    tally.rules('hosts', 2)
    tally.skip('cosmetic')
    tally.problem(WRONG, 2)
    expect(tally.counts()).toEqual({
      list: 'a.txt',
      lines: 2,
      rules: 2,
      byFormat: { hosts: 2 },
      skipped: { cosmetic: 1, 'not understood': 1 },
    })
    expect(tally.problems()).toEqual([])
  })

  test('in a native file what was not understood is an error', () => {
    const tally = createTally('a.rules')
    tally.rules('native', 1)
    tally.problem(WRONG, 2)
    tally.native()
    expect(tally.problems()).toEqual([{ file: 'a.rules', line: 2, column: 3, message: 'wrong', fix: 'write it right' }])
  })

  test('a file without a rule is an error that tells what was skipped', () => {
    const tally = createTally('a.txt')
    tally.skip('cosmetic', 4)
    expect(tally.problems()).toEqual([
      { file: 'a.txt', line: 0, column: 0, message: 'it holds no rule (skipped: 4 cosmetic)', fix: expect.any(String) },
    ])
  })

  test('a file in which no line was understood is an error that shows the first', () => {
    const tally = createTally('a.txt')
    tally.problem(WRONG, 2)
    tally.problem(WRONG, 3)
    expect(tally.problems()).toMatchObject([
      { line: 0, message: 'it holds no rule (skipped: 2 not understood)' },
      { file: 'a.txt', line: 2, column: 3, message: 'wrong', fix: 'write it right' },
    ])
  })

  test('a file of a default or includes only is complete', () => {
    const tally = createTally('a.rules')
    tally.native()
    tally.content()
    expect(tally.problems()).toEqual([])
  })

  test('names the first hundred errors and counts the others', () => {
    const tally = createTally('a.rules')
    tally.native()
    for (let line = 1; line <= 150; line++) tally.problem(WRONG, line)
    const problems = tally.problems()
    expect(problems).toHaveLength(101)
    expect(problems.at(-1)?.message).toBe('50 more lines like these')
  })
})
