import { describe, expect, test } from 'vitest'
import { compileRules } from '../../../src/compile-rules.js'
import { createListUpdate, digestOf, listKey, listsOf } from '../../../src/rules/list-update.js'
import type { RuleSet } from '../../../src/rules/rule.js'

const bytes = (text: string) => new TextEncoder().encode(text)

/** What is written next to a name is read; a name alone is kept by its key. */
function withLists(ruleSet: RuleSet, lists: Readonly<Record<string, string | undefined>>): RuleSet {
  const update = createListUpdate(ruleSet)
  for (const [name, text] of Object.entries(lists)) {
    const list = { name, action: 'block', scope: 'exact' } as const
    if (text === undefined) {
      expect(update.keep(list, listKey(`digest of ${name}`))).toBeDefined()
      continue
    }
    const reader = update.read({ ...list, isForeign: true }, text.length)
    reader.feed(bytes(text))
    reader.end(listKey(`digest of ${name}`))
  }
  return update.finish()
}

const names = (ruleSet: RuleSet) => listsOf(ruleSet).map(({ name }) => name)

test('a key gives its digest back', () => {
  expect(digestOf(listKey('abc'))).toBe('abc')
})

describe('an update of the lists', () => {
  const files = compileRules(
    [
      { name: 'a.rules', text: 'block a.test\nallow ads.test' },
      { name: 'b.rules', text: 'block b.test' },
    ],
    { default: 'block' },
  )

  test('leaves everything else as it is: rules, order, the default', () => {
    const set = withLists(files, { ads: 'ads.test\nx.test\n', more: 'y.test\nb.test\n' })
    expect(names(files)).toEqual([])
    expect(names(set)).toEqual(['ads', 'more'])
    expect(set.size).toBe(7)
    expect(set.defaultAction).toBe('block')
    expect(set.decide('ads.test')).toMatchObject({ action: 'allow', rule: { list: 'a.rules', line: 2 } })
    expect(set.decide('b.test').rule).toMatchObject({ list: 'b.rules' })
    expect(set.decide('y.test').rule).toMatchObject({ list: 'more', line: 1 })
    expect(set.counts.map(({ list }) => list)).toEqual(['a.rules', 'b.rules', 'ads', 'more'])
  })

  test('replaces one, keeps another, leaves out the rest; the set before stays', () => {
    const before = withLists(files, { ads: 'ads.test\n', more: 'y.test\n', gone: 'z.test\n' })
    const after = withLists(before, { more: undefined, ads: 'new.test\n' })
    expect(names(after)).toEqual(['more', 'ads'])
    expect(['new.test', 'y.test', 'z.test'].map((host) => after.decide(host).rule?.list)).toEqual([
      'ads',
      'more',
      undefined,
    ])
    expect(before.decide('z.test').rule?.list).toBe('gone')
    expect(after.size).toBe(3 + 2)
  })

  test('keeps what was edited', () => {
    const edited = files.with({ add: ['block e.test'], remove: ['block a.test'] })
    const set = withLists(edited, { ads: 'x.test\n' })
    expect(set.decide('e.test').rule?.list).toBe('added')
    expect(set.decide('a.test').rule).toBeNull()
  })
})

test('rules of another implementation have no lists and take none', () => {
  const { decide, ...rest } = compileRules([{ name: 'a', text: 'a.test' }])
  expect(listsOf({ ...rest, decide })).toEqual([])
  expect(() => createListUpdate({ ...rest, decide })).toThrow(TypeError)
})
