import { expect, test } from 'vitest'
import { findingAt, hasReason, placeOf, textOf } from '../../../../src/rules/lint/finding.js'
import { readSource } from '../../../../src/rules/lint/read-source.js'

const read = (name: string, text: string) => readSource({ name, text }, new Set()).rules

test('a finding stands at the line of its rule and names others by line, or by file and line', () => {
  const [a, b] = read('one', 'block a.example # why\n block b.example')
  const [c] = read('two', 'block c.example')
  if (a === undefined || b === undefined || c === undefined) throw new Error('three rules expected')
  const fault = { severity: 'warning', code: 'x', message: 'm', fix: 'f' } as const
  expect(findingAt(b, fault)).toEqual({ file: 'one', line: 2, column: 2, ...fault })
  expect([placeOf(a, b), placeOf(a, c)]).toEqual(['on line 1', 'at one:1'])
  expect([textOf(a), hasReason(a), hasReason(b)]).toEqual(['block a.example', true, false])
})
