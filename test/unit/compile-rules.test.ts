import { expect, test } from 'vitest'
import { compileRules, randomPrintKey } from '../../src/compile-rules.js'
import { stateOf } from '../../src/rules/rule-set.js'

test('every rule set has a secret of its own, of 64 bits', () => {
  const keys = Array.from({ length: 50 }, () => stateOf(compileRules([]))?.key)
  expect(new Set(keys.map((key) => `${key?.k0} ${key?.k1}`)).size).toBe(50)
  const halves = Array.from({ length: 50 }, randomPrintKey).flatMap(({ k0, k1 }) => [k0, k1])
  // each bit of both halves is drawn
  expect(halves.reduce((bits, half) => bits | half, 0)).toBe(-1)
})

test('what a set answers does not depend on its secret', () => {
  const source = { name: 'a', text: 'block .a.example\nallow x.a.example\nblock b*.example\n' }
  const [one, other] = [compileRules([source]), compileRules([source])]
  for (const host of ['a.example', 'x.a.example', 'y.x.a.example', 'bb.example', 'c.example']) {
    expect(one.matches(host)).toEqual(other.matches(host))
  }
})
