import { createHash } from 'node:crypto'
import { expect, test } from 'vitest'
import { compileRules } from '../../../src/compile-rules.js'
import { wholeText } from '../../../src/config/list-text.js'
import { mergeSettings } from '../../../src/config/settings.js'
import { toListState } from '../../../src/subscriptions/list-state.js'
import { listNamed } from '../../../src/subscriptions/refresh-list.js'
import { subscriptionsOf } from '../../../src/subscriptions/subscription.js'
import { withLists } from '../../../src/subscriptions/with-lists.js'

const url = 'https://user:secret@lists.test/a.txt?key=abc'
const [subscription] = subscriptionsOf(mergeSettings({ rules: { lists: { ads: { url } } } }))
if (subscription === undefined) throw new Error('no list')
const text = 'ads.test\nx.test##banner\n'
const sha256 = createHash('sha256').update(text).digest('hex')
const NOW = Date.UTC(2026, 0, 2)
const times = { fetchedAt: NOW - 90_000, checkedAt: NOW - 5_000, expiresMs: null }
const copy = { sha256, publishedSha256: sha256, bytes: text.length, etag: '', lastModified: '', ...times }
const progress = { subscription, nextAt: NOW + 60_000.4, failures: 0, isUpdating: false }

async function inForce() {
  const rules = await withLists(compileRules([{ name: 'a', text: 'a.test' }]), [
    { name: 'ads', action: 'block', scope: 'exact', sha256, text: wholeText(Buffer.from(text)) },
  ])
  return listNamed('ads', rules)
}

test('a list that is as it should be', async () => {
  expect(toListState({ ...progress, kept: { copy, text: undefined } }, await inForce(), NOW)).toEqual({
    name: 'ads',
    url: 'https://lists.test/a.txt',
    action: 'block',
    scope: 'exact',
    status: 'current',
    entries: 1,
    skipped: { cosmetic: 1 },
    age: 5,
    fetchedAt: '2026-01-01T23:58:30.000Z',
    checkedAt: '2026-01-01T23:59:55.000Z',
    nextAt: '2026-01-02T00:01:00.000Z',
    isUpdating: false,
    failures: 0,
    lastError: null,
  })
})

test('a list whose copy is in force and whose last fetch failed', async () => {
  const kept = { copy, text: undefined, lastError: { at: NOW, message: 'gone' } }
  expect(toListState({ ...progress, kept, failures: 2 }, await inForce(), NOW)).toMatchObject({
    status: 'failing',
    entries: 1,
    failures: 2,
    lastError: 'gone',
  })
})

test('a list of which nothing is in force, while it is fetched', () => {
  const kept = { text: undefined, lastError: { at: NOW, message: 'gone' } }
  expect(toListState({ ...progress, kept, isUpdating: true }, undefined, NOW)).toMatchObject({
    status: 'pending',
    entries: 0,
    skipped: {},
    age: null,
    fetchedAt: null,
    checkedAt: null,
    nextAt: null,
    isUpdating: true,
    lastError: 'gone',
  })
})
