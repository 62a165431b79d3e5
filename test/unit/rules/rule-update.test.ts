import { describe, expect, test } from 'vitest'
import { InputError } from '../../../src/errors.js'
import type { RuleSet } from '../../../src/rules/rule.js'
import { type RuleSetState, stateOf } from '../../../src/rules/rule-set.js'
import { createRuleUpdate, type ListIdentity } from '../../../src/rules/rule-update.js'
import { KEY } from '../../helpers/segments.js'

type List = { readonly name: string; readonly text: string; readonly scope?: 'exact' | 'suffix' }

const identity = ({ name, scope = 'exact' }: List): ListIdentity => ({ name, action: 'block', scope })

/** @returns the set, and the names of the lists that had to be read */
function update(previous: RuleSet | undefined, lists: readonly List[]): { set: RuleSet; read: readonly string[] } {
  const rules = createRuleUpdate(previous, { key: KEY })
  const read: string[] = []
  for (const list of lists) {
    if (rules.keep(identity(list), list.text) !== undefined) continue
    read.push(list.name)
    const reader = rules.read(identity(list), list.text.length)
    reader.feed(new TextEncoder().encode(list.text))
    reader.end(list.text)
  }
  return { set: rules.finish(), read }
}

function state(ruleSet: RuleSet): RuleSetState {
  const found = stateOf(ruleSet)
  if (found === undefined) throw new Error('no state')
  return found
}

function names(count: number, prefix: string): string {
  return Array.from({ length: count }, (_, i) => `${prefix}${i}.example\n`).join('')
}

const big = { name: 'big', text: names(20_000, 'n') }
const small = { name: 'small', text: 'allow n1.example\ns.example\n' }
const first = update(undefined, [big, small]).set

describe('an update', () => {
  test('reads every list of a set without predecessor', () => {
    expect(update(undefined, [big, small]).read).toEqual(['big', 'small'])
    expect(state(first).overlay.segment.entries).toBe(0)
  })

  test('that finds everything unchanged reads nothing and shares everything', () => {
    const { set, read } = update(first, [big, small])
    expect(read).toEqual([])
    expect(state(set).base.segment).toBe(state(first).base.segment)
    expect(set.matches('n1.example')).toEqual(first.matches('n1.example'))
  })

  test('with a changed small list keeps the base and puts that list in the overlay', () => {
    const { set, read } = update(first, [big, { ...small, text: 'block t.example\n' }])
    expect(read).toEqual(['small'])
    expect(state(set).base.segment).toBe(state(first).base.segment)
    expect(state(set).overlay.segment.entries).toBe(1)
    expect(set.decide('n1.example').rule?.list).toBe('big')
    expect(set.decide('t.example').rule?.list).toBe('small')
    expect(set.decide('s.example').action).toBe('allow')
    expect(first.decide('s.example').action).toBe('block')
  })

  test('with a changed large list makes a new base', () => {
    const { set, read } = update(first, [{ ...big, text: names(20_000, 'm') }, small])
    expect(read).toEqual(['big'])
    expect(state(set).base.segment).not.toBe(state(first).base.segment)
    expect(state(set).overlay.segment.entries).toBe(0)
    expect(['m19999.example', 'n2.example', 's.example'].map((host) => set.decide(host).action)).toEqual([
      'block',
      'allow',
      'block',
    ])
    expect(set.size).toBe(20_002)
  })

  test('takes over the order that is asked for now', () => {
    const one = { name: 'one', text: 'block x.example' }
    const two = { name: 'two', text: 'block x.example ' }
    const before = update(undefined, [one, two]).set
    const { set, read } = update(before, [two, one])
    expect(read).toEqual([])
    expect(before.matches('x.example').map(({ list }) => list)).toEqual(['one', 'two'])
    expect(set.matches('x.example').map(({ list }) => list)).toEqual(['two', 'one'])
  })

  test('leaves out what nobody asked for, and drops a base that is mostly gone', () => {
    const { set } = update(first, [small])
    expect(set.size).toBe(2)
    expect(set.decide('n2.example').action).toBe('allow')
    expect(state(set).base.segment.entries).toBe(2)
  })

  test('reads a list again that is to be read in another way', () => {
    const { set, read } = update(first, [big, { ...small, scope: 'suffix' }])
    expect(read).toEqual(['small'])
    expect(set.decide('x.s.example').action).toBe('block')
  })

  test('takes the same content twice only as often as it is there', () => {
    const twin = { name: 'twin', text: 'block x.example\n' }
    const before = update(undefined, [twin, twin]).set
    const { set, read } = update(before, [twin, twin, twin])
    expect(read).toEqual(['twin'])
    expect(set.size).toBe(3)
  })

  test('with a problem is none, and the set before is as it was', () => {
    expect(() => update(first, [big, { name: 'bad', text: 'block a.example\nblokc b.example\n' }])).toThrow(InputError)
    expect(first.size).toBe(20_002)
    expect(first.decide('s.example').action).toBe('block')
  })
})
