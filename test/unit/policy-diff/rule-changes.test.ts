import { describe, expect, test } from 'vitest'
import { findRuleChanges } from '../../../src/policy-diff/rule-changes.js'

const source = (text: string, name = 'x') => ({ name, text })

describe('findRuleChanges', () => {
  test('what is gone, what is new, and how many stay', () => {
    expect(
      findRuleChanges([source('block a.test\nblock b.test\n')], [source('allow! c.test # asked for\nblock b.test\n')]),
    ).toEqual({
      removed: [{ action: 'block', level: 'block', list: 'x', line: 1, text: 'block a.test', reason: undefined }],
      added: [{ action: 'allow', level: 'allow!', list: 'x', line: 1, text: 'allow! c.test', reason: 'asked for' }],
      unchanged: 1,
    })
  })

  test.each([
    ['another place', 'block a.test\nblock b.test', 'block b.test\nblock a.test'],
    ['another file', 'block a.test', '# nothing\n\nblock a.test'],
    ['another form', 'block .a.test', '||a.test^'],
    ['another reason', 'block a.test # x', 'block a.test # y'],
    ['twice', 'block a.test', 'block a.test\n0.0.0.0 a.test'],
    ['another case', 'block A.Test', 'block a.test'],
    ['taken back', 'block a.test', 'block a.test\n||b.test^\n||b.test^$badfilter'],
  ])('a rule is the same: %s', (_, before, after) => {
    expect(findRuleChanges([source(before)], [source(after)])).toMatchObject({ removed: [], added: [] })
  })

  test.each([
    ['its action', 'block a.test', 'allow a.test'],
    ['its level', 'block a.test', 'block! a.test'],
    ['its port', 'block a.test', 'block a.test:8080'],
    ['its reach', 'block .a.test', 'block *.a.test'],
  ])('a rule is another one when it changes %s', (_, before, after) => {
    const { removed, added } = findRuleChanges([source(before)], [source(after)])
    expect([removed.length, added.length]).toEqual([1, 1])
  })
})
