import { describe, expect, test } from 'vitest'
import { branchesOf, ruleKey } from '../../../../src/rules/lint/lint-rule.js'
import { readSource } from '../../../../src/rules/lint/read-source.js'

const keyOf = (text: string) => readSource({ name: 't', text }, new Set()).rules.map(ruleKey)[0]

describe('ruleKey', () => {
  test.each([
    ['block .a.example', '||A.example.^'],
    ['block {a,b}.example', 'block {b,a}.example'],
    ['block 010.0.0.1', 'block 8.0.0.1/32'],
    ['||a^$denyallow=b.a|c.a', '||a^$denyallow=c.a|b.a'],
  ])('%s and %s are one rule', (one, other) => {
    expect(keyOf(one)).toBeDefined()
    expect(keyOf(one)).toBe(keyOf(other))
  })

  test('no two of these are one rule', () => {
    const texts = [
      ...['a.example', '.a.example', '*.a.example', 'a.example:80', '/a.example/', 'a.example/x', 'http://a.example/x'],
      ...['a*.example', '192.0.2.0/24', '192.0.2.0/25', '[2001:db8::1]:80', '2001:db8::1'],
    ].flatMap((pattern) => ['block', 'allow', 'block!', 'allow!'].map((verb) => `${verb} ${pattern}`))
    expect(new Set(texts.map(keyOf)).size).toBe(texts.length)
  })
})

test('branchesOf writes braces out', () => {
  const [rule] = readSource({ name: 't', text: 'block {a,b{c,d}}.example' }, new Set()).rules
  expect(branchesOf(rule?.pattern ?? { kind: 'branches', branches: [] })).toHaveLength(3)
})
