import { describe, expect, test } from 'vitest'
import { createProxy } from '../../../src/app.js'
import { compileRules } from '../../../src/compile-rules.js'
import { judge } from '../../../src/policy-test/judge.js'

const text = 'block   .tracker.test  # tracking\nallow! ok.tracker.test\nads.test\n'
const proxy = createProxy({ ruleSet: compileRules([{ name: 'lists/t.rules', text }]) })

function faultOf(target: string, wanted: 'block' | 'allow', rule?: string): string | undefined {
  const expectation = { title: undefined, target, expect: wanted, rule, line: 1 }
  return judge(expectation, proxy.decide({ target })).fault
}

describe('judge', () => {
  test.each([
    ['a.tracker.test', 'block', undefined],
    ['a.tracker.test', 'block', 'block .tracker.test'],
    ['a.tracker.test', 'block', '.tracker.test'],
    ['a.tracker.test', 'block', 'lists/t.rules:1'],
    ['a.tracker.test', 'block', 't.rules:1'],
    ['ok.tracker.test', 'allow', 'allow! ok.tracker.test'],
    ['ok.tracker.test', 'allow', 'ok.tracker.test'],
    ['ads.test', 'block', 'ads.test'],
    ['other.test', 'allow', 'default'],
  ] as const)('%s: %s by %s passes', (target, wanted, rule) => {
    expect(faultOf(target, wanted, rule)).toBeUndefined()
  })

  test.each([
    ['a.tracker.test', 'allow', undefined, 'expected allow, got block by lists/t.rules:1 block   .tracker.test'],
    ['a.tracker.test', 'block', 'tracker.test', 'expected block by tracker.test, got block by lists/t.rules:1'],
    ['a.tracker.test', 'block', 't.rules:11', 'expected block by t.rules:11, got'],
    ['a.tracker.test', 'block', 'default', 'expected block by default, got'],
    ['other.test', 'block', undefined, 'expected block, got allow by default'],
    ['10.0.0.1', 'allow', undefined, 'expected allow, got block by guard ('],
    ['10.0.0.1', 'block', 'default', 'expected block by default, got block by guard ('],
  ] as const)('%s: %s by %s fails', (target, wanted, rule, fault) => {
    expect(faultOf(target, wanted, rule)).toContain(fault)
  })
})
