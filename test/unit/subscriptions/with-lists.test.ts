import { createHash } from 'node:crypto'
import { expect, test } from 'vitest'
import { compileRules } from '../../../src/compile-rules.js'
import type { ListCopy } from '../../../src/config/list-copy.js'
import { wholeText } from '../../../src/config/list-text.js'
import { withLists } from '../../../src/subscriptions/with-lists.js'

function copyOf(name: string, text: string, over: Partial<ListCopy> = {}): ListCopy {
  const sha256 = createHash('sha256').update(text).digest('hex')
  return { name, action: 'block', scope: 'exact', sha256, text: wholeText(Buffer.from(text)), ...over }
}

const files = compileRules([{ name: 'a.rules', text: 'block a.test' }])
const listOf = (rules: typeof files, host: string) => rules.decide(host).rule?.list

test('lists come in, change, change places and go', async () => {
  const one = await withLists(files, [copyOf('ads', 'x.test\nboth.test\n'), copyOf('more', 'y.test\nboth.test\n')])
  expect(['a.test', 'x.test', 'y.test', 'both.test'].map((host) => listOf(one, host))).toEqual([
    'a.rules',
    'ads',
    'more',
    'ads',
  ])
  const two = await withLists(one, [copyOf('more', 'y.test\nboth.test\n'), copyOf('ads', 'new.test\nboth.test\n')])
  expect(['x.test', 'new.test', 'both.test'].map((host) => listOf(two, host))).toEqual([undefined, 'ads', 'more'])
  const three = await withLists(two, [])
  expect(['a.test', 'new.test', 'y.test'].map((host) => listOf(three, host))).toEqual(['a.rules', undefined, undefined])
  expect(three.size).toBe(1)
})

test('a set that has exactly these lists stays the set it is', async () => {
  const lists = [copyOf('ads', 'x.test\n'), copyOf('more', 'y.test\n')]
  const rules = await withLists(files, lists)
  expect(await withLists(rules, lists)).toBe(rules)
  expect(await withLists(files, [])).toBe(files)
  expect(await withLists(rules, lists.toReversed())).not.toBe(rules)
  expect(await withLists(rules, lists.slice(0, 1))).not.toBe(rules)
  expect(await withLists(rules, [copyOf('ads', 'x.test\n', { scope: 'suffix' }), copyOf('more', 'y.test\n')])).not.toBe(
    rules,
  )
  expect(await withLists(rules, [copyOf('ads', 'x.test\n', { action: 'allow' }), copyOf('more', 'y.test\n')])).not.toBe(
    rules,
  )
})
