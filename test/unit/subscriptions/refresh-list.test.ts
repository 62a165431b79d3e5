import { describe, expect, test } from 'vitest'
import { compileRules } from '../../../src/compile-rules.js'
import type { ListCopy } from '../../../src/config/list-copy.js'
import type { ListSettings } from '../../../src/config/list-settings.js'
import { mergeSettings } from '../../../src/config/settings.js'
import { toCopy } from '../../../src/subscriptions/kept-lists.js'
import { createListStore, type Kept } from '../../../src/subscriptions/list-store.js'
import { listNamed, type Refresh, type Refreshed, refreshList } from '../../../src/subscriptions/refresh-list.js'
import { subscriptionsOf } from '../../../src/subscriptions/subscription.js'
import { deliveredList, listOfHosts } from '../../helpers/delivered-list.js'

const files = compileRules([{ name: 'a.rules', text: 'block a.test' }])
const HOUR = 3_600_000

/** Refreshes one list again and again, as its owner does. */
function subscribed(settings: Partial<ListSettings> = {}) {
  const lists = { ads: { url: 'https://lists.test/a', ...settings } }
  const [subscription] = subscriptionsOf(mergeSettings({ rules: { lists } }))
  if (subscription === undefined) throw new Error('no list')
  const store = createListStore({ directory: undefined, onWarning: () => {} })
  let rules = files
  let kept: Kept = { text: undefined }
  let now = 1_000
  const copies = (candidate?: ListCopy) =>
    [candidate ?? toCopy(subscription, kept)].filter((copy) => copy !== undefined)

  return {
    get rules() {
      return rules
    },
    get kept() {
      return kept
    },
    async refresh(fetched: Parameters<typeof refreshList>[1], over: Partial<Refresh> = {}): Promise<Refreshed> {
      now += 1_000
      const done = await refreshList(
        { subscription, kept, store, rules, copies, acceptShrink: false, now, ...over },
        fetched,
      )
      kept = done.kept
      rules = done.rules
      return done
    },
  }
}

describe('a list that came', () => {
  test('is in force and kept, with all that is known of it', async () => {
    const list = subscribed()
    const text = `! Expires: 2 hours\n${listOfHosts(2)}`
    const fetched = deliveredList(text, { validators: { etag: '"1"', lastModified: 'then' } })
    expect((await list.refresh(fetched)).outcome).toBe('updated')
    expect(list.rules.decide('host-2.test').rule).toMatchObject({ list: 'ads', line: 3 })
    expect(list.rules.decide('a.test').rule?.list).toBe('a.rules')
    const { copy } = list.kept
    expect(copy).toMatchObject({ etag: '"1"', lastModified: 'then', fetchedAt: 2_000, checkedAt: 2_000 })
    expect(copy).toMatchObject({ expiresMs: 2 * HOUR, bytes: text.length, sha256: copy?.publishedSha256 })
  })

  test('replaces the one before', async () => {
    const list = subscribed()
    await list.refresh(deliveredList('old.test\n'))
    await list.refresh(deliveredList('new.test\n'))
    expect(list.rules.decide('old.test').action).toBe('allow')
    expect(list.rules.decide('new.test').action).toBe('block')
    expect(list.rules.size).toBe(2)
  })

  test('and is what is kept changes nothing but the time and the validators', async () => {
    const list = subscribed()
    await list.refresh(deliveredList('ads.test\n', { validators: { etag: '"1"', lastModified: '' } }))
    const { rules } = list
    const again = deliveredList('ads.test\n', { validators: { etag: '"2"', lastModified: '' } })
    expect((await list.refresh(again)).outcome).toBe('unchanged')
    expect(list.rules).toBe(rules)
    expect(list.kept.copy).toMatchObject({ etag: '"2"', fetchedAt: 2_000, checkedAt: 3_000 })
    expect((await list.refresh({ kind: 'unchanged' })).outcome).toBe('unchanged')
    expect(list.kept.copy).toMatchObject({ etag: '"2"', checkedAt: 4_000 })
  })

  test('packed is kept unpacked, under the digest of what is published', async () => {
    const list = subscribed({ sha256: 'c'.repeat(64) })
    await list.refresh(deliveredList('ads.test\n', { publishedSha256: 'c'.repeat(64) }))
    expect(list.kept.copy?.publishedSha256).toBe('c'.repeat(64))
    expect(list.kept.copy?.sha256).not.toBe('c'.repeat(64))
    expect(list.kept.text?.bytes).toBe(9)
  })
})

describe('is refused, and what is in force stays:', () => {
  test.each([
    ['a page', deliveredList('<html>'), 'HTML page'],
    ['a list without a rule', deliveredList('# nothing\nx.test##banner\n'), 'no rule'],
    ['an empty one', deliveredList(''), 'no rule'],
    ['one that lost more than half', deliveredList(listOfHosts(4)), 'it shrank from 10 rules to 4'],
  ])('%s', async (_what, fetched, message) => {
    const list = subscribed()
    await list.refresh(deliveredList(listOfHosts(10)))
    const { rules, kept } = list
    await expect(list.refresh(fetched)).rejects.toThrow(message)
    expect(list.rules).toBe(rules)
    expect(list.kept).toBe(kept)
    expect(rules.decide('host-10.test').action).toBe('block')
  })

  test('another digest than the configured one', async () => {
    const list = subscribed({ sha256: 'c'.repeat(64) })
    await expect(list.refresh(deliveredList('ads.test\n'))).rejects.toThrow('SHA-256')
    expect(list.rules).toBe(files)
  })

  test('nothing new where nothing is at hand', async () => {
    await expect(subscribed().refresh({ kind: 'unchanged' })).rejects.toThrow('there is no copy')
  })
})

describe('a shrink', () => {
  test('is counted in rules, not in lines', async () => {
    const list = subscribed()
    await list.refresh(deliveredList(`${listOfHosts(10)}${'# comment\n'.repeat(100)}`))
    expect((await list.refresh(deliveredList(listOfHosts(5)))).outcome).toBe('updated')
  })

  test('is taken when somebody accepts it, or maxShrink allows it', async () => {
    const list = subscribed()
    await list.refresh(deliveredList(listOfHosts(10)))
    await list.refresh(deliveredList(listOfHosts(1)), { acceptShrink: true })
    expect(listNamed('ads', list.rules)?.counts.rules).toBe(1)
    const lenient = subscribed({ maxShrink: 0.9 })
    await lenient.refresh(deliveredList(listOfHosts(10)))
    expect((await lenient.refresh(deliveredList(listOfHosts(1)))).outcome).toBe('updated')
  })
})

test('a copy that another instance fetched comes into force when the server confirms it', async () => {
  const list = subscribed()
  await list.refresh(deliveredList('ads.test\n'))
  const done = await list.refresh({ kind: 'unchanged' }, { rules: files })
  expect(done.outcome).toBe('unchanged')
  expect(done.rules.decide('ads.test').rule?.list).toBe('ads')
})
