import { describe, expect, test } from 'vitest'
import { compileRules } from '../../../src/compile-rules.js'
import { InputError } from '../../../src/errors.js'
import { GONE, wholly } from '../../../src/rules/compiled/living.js'
import type { RuleSet } from '../../../src/rules/rule.js'
import { isMostlyGone, MAX_OVERLAY, mostInOverlay, ranksLeft } from '../../../src/rules/rule-edit.js'
import { type RuleSetState, stateOf } from '../../../src/rules/rule-set.js'
import { livingOf } from '../../helpers/segments.js'

function names(count: number, prefix = 'n'): string {
  return Array.from({ length: count }, (_, i) => `${prefix}${i}.example\n`).join('')
}

function state(ruleSet: RuleSet): RuleSetState {
  const found = stateOf(ruleSet)
  if (found === undefined) throw new Error('no state')
  return found
}

test('an overlay may hold a sixteenth of the base, within bounds', () => {
  expect(mostInOverlay(livingOf(names(10)))).toBe(4_096)
  expect(mostInOverlay(livingOf(names(160_000)))).toBe(10_000)
  const many = livingOf(names(10))
  expect(mostInOverlay({ ...many, segment: { ...many.segment, entries: 5_000_000 } })).toBe(MAX_OVERLAY)
})

test('half of the rules gone is mostly gone', () => {
  const living = livingOf(names(10))
  expect(isMostlyGone(living)).toBe(false)
  expect(isMostlyGone({ ...living, removed: new Set([0, 1, 2, 3]) })).toBe(false)
  expect(isMostlyGone({ ...living, removed: new Set([0, 1, 2, 3, 4]) })).toBe(true)
  const gone = wholly(living.segment, Int32Array.of(GONE))
  expect(isMostlyGone(gone)).toBe(true)
  expect(ranksLeft(gone)).toEqual([])
  expect(ranksLeft(living)).toEqual([0])
})

describe('an edit', () => {
  const before = compileRules([{ name: 'a', text: names(20_000) }])

  test('leaves the base where it is, and readers of the set before undisturbed', () => {
    const after = before.with({ add: ['block .new.test', 'allow n7.example'], remove: ['n5.example'] })
    expect(state(after).base.segment).toBe(state(before).base.segment)
    expect(state(after).overlay.segment.entries).toBe(2)
    expect(['x.new.test', 'n5.example', 'n7.example', 'n8.example'].map((host) => after.decide(host).action)).toEqual([
      'block',
      'allow',
      'allow',
      'block',
    ])
    expect(['x.new.test', 'n5.example', 'n7.example'].map((host) => before.decide(host).action)).toEqual([
      'allow',
      'block',
      'block',
    ])
    expect([before.size, after.size]).toEqual([20_000, 20_001])
  })

  test('counts its lines on over all edits, and names them so', () => {
    const after = before.with({ add: ['block a.test', 'block b.test'] }).with({ add: ['block c.test'] })
    expect(after.decide('c.test').rule).toMatchObject({ list: 'added', line: 3 })
    expect(after.counts.map(({ list, rules }) => [list, rules])).toEqual([
      ['a', 20_000],
      ['added', 3],
    ])
  })

  test('of many makes a new base before the overlay costs more than it saves', () => {
    const lines = Array.from({ length: 5_000 }, (_, i) => `block e${i}.test`)
    const grown = before.with({ add: lines })
    expect(state(grown).overlay.segment.entries).toBe(5_000)
    const merged = grown.with({ add: ['block last.test'] })
    expect(state(merged).base.segment.entries).toBe(25_000)
    expect(state(merged).overlay.segment.entries).toBe(1)
    for (const host of ['n1.example', 'e4999.test', 'last.test']) expect(merged.decide(host).action).toBe('block')
    expect(merged.size).toBe(25_001)
  })

  test('that takes away many forgets them in the next base', () => {
    const gone = Array.from({ length: 5_000 }, (_, i) => `n${i}.example`)
    const less = before.with({ remove: gone })
    expect(state(less).base.removed.size).toBe(5_000)
    const merged = less.with({ remove: ['n5000.example'] })
    expect(state(merged).base.segment.entries).toBe(15_000)
    expect(merged.size).toBe(14_999)
    expect(merged.decide('n4999.example').action).toBe('allow')
    expect(merged.decide('n5001.example').rule).toMatchObject({ list: 'a', line: 5_002 })
  })

  test('with a line that is none says which, and changes nothing', () => {
    expect(() => before.with({ add: ['block fine.test', 'blokc a.test'] })).toThrow(InputError)
    expect(before.decide('fine.test').action).toBe('allow')
    expect(before.with({ remove: ['never.test', 'not a rule'] }).size).toBe(20_000)
  })
})
