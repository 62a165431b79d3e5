import { expect, test } from 'vitest'
import { ruleToJson, ruleToText } from '../../../src/cli/shown-rule.js'

const rule = { action: 'block', level: 'block!', list: 'x.rules', line: 3, text: 'block! \x1b.a' } as const

test('a rule as text moves no cursor', () => {
  expect(ruleToText({ ...rule, reason: 'why\x07' })).toBe('x.rules:3  block! \\x1b.a  # why\\x07')
  expect(ruleToText({ ...rule, reason: undefined })).toBe('x.rules:3  block! \\x1b.a')
})

test('a rule as JSON has a reason only where it has one', () => {
  expect(ruleToJson({ ...rule, reason: 'why' })).toEqual({ ...rule, reason: 'why' })
  expect(Object.keys(ruleToJson({ ...rule, reason: undefined }))).not.toContain('reason')
})
