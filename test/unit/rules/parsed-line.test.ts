import { expect, test } from 'vitest'
import { problemAt, rulesOf, rulesOrProblem, skipped, syntaxProblem } from '../../../src/rules/parsed-line.js'

const NAME = { kind: 'host', host: 'a.example', port: 0 } as const
const WRONG = { kind: 'problem', code: 'invalid-name', at: 2, message: 'wrong', fix: 'write it right' } as const

test('rules state no action unless the line does', () => {
  expect(rulesOf('hosts', [NAME])).toEqual({
    kind: 'rules',
    format: 'hosts',
    action: undefined,
    important: false,
    patterns: [NAME],
  })
  expect(rulesOf('rpz', [NAME], 'allow').action).toBe('allow')
})

test('the offset of a problem in its pattern becomes a column of the line', () => {
  const placed = { kind: 'problem', code: 'invalid-name', column: 9, message: 'wrong', fix: 'write it right' }
  expect(problemAt(WRONG, 7)).toEqual(placed)
  expect(rulesOrProblem('clash', WRONG, 7)).toEqual(placed)
  expect(rulesOrProblem('clash', NAME, 7)).toEqual(rulesOf('clash', [NAME]))
})

test('lines that are skipped or wrong say why', () => {
  expect(skipped('cosmetic')).toEqual({ kind: 'skipped', reason: 'cosmetic' })
  expect(syntaxProblem(3, 'wrong', 'right')).toEqual({
    kind: 'problem',
    code: 'syntax',
    column: 3,
    message: 'wrong',
    fix: 'right',
  })
})
