import { createHash } from 'node:crypto'
import { chmodSync, existsSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { wholeText } from '../../../src/config/list-text.js'
import { mergeSettings } from '../../../src/config/settings.js'
import { InputError } from '../../../src/errors.js'
import { readKeptLists, toCopy } from '../../../src/subscriptions/kept-lists.js'
import type { ListCopyRecord } from '../../../src/subscriptions/list-record.js'
import { createListStore } from '../../../src/subscriptions/list-store.js'
import { subscriptionsOf } from '../../../src/subscriptions/subscription.js'
import { createTempFolder } from '../../helpers/temp-folder.js'

const folder = createTempFolder()
const url = 'https://lists.test/a'
const text = 'ads.test\n'
const sha256 = createHash('sha256').update(text).digest('hex')
const times = { fetchedAt: 1, checkedAt: 2, expiresMs: null }
const record: ListCopyRecord = { sha256, publishedSha256: sha256, bytes: 9, etag: '', lastModified: '', ...times }

function configOf(cache: string, sha?: string) {
  const lists = { ads: { url, ...(sha !== undefined && { sha256: sha }) }, more: { url } }
  return mergeSettings({ cache, rules: { lists } })
}

async function keep(cache: string): Promise<void> {
  const { refuseCacheDirectory } = await import('../../../src/config/cache-directory.js')
  expect(await refuseCacheDirectory(cache, true)).toBeUndefined()
  const store = createListStore({ directory: cache, onWarning: () => {} })
  await store.save({ name: 'ads', url }, { copy: record }, Buffer.from(text))
}

describe('the lists of a configuration', () => {
  test('are those of which there is a copy; the others are named', async () => {
    const cache = join(folder.path, 'one')
    await keep(cache)
    const { copies, missing } = await readKeptLists(configOf(cache))
    expect(copies).toMatchObject([{ name: 'ads', action: 'block', scope: 'exact', sha256 }])
    expect(missing).toEqual(['more'])
  })

  test.each(['off', join(folder.path, 'nowhere')])(
    'are all missing where the cache is %s, and nothing is made',
    async (cache) => {
      expect(await readKeptLists(configOf(cache))).toEqual({ copies: [], missing: ['ads', 'more'] })
      expect(existsSync(join(folder.path, 'nowhere'))).toBe(false)
    },
  )

  test('are all missing in a directory that is open to others', async () => {
    const cache = join(folder.path, 'open')
    await keep(cache)
    chmodSync(cache, 0o755)
    expect((await readKeptLists(configOf(cache))).missing).toEqual(['ads', 'more'])
  })

  test('without any, no directory is looked at', async () => {
    expect(await readKeptLists(mergeSettings({ cache: '/no/such' }))).toEqual({ copies: [], missing: [] })
  })

  test('that are none are an error', async () => {
    const lists = { ads: { url: 'nowhere' } }
    await expect(readKeptLists(mergeSettings({ cache: 'off', rules: { lists } }))).rejects.toThrow(InputError)
  })
})

test('a copy of a file with another digest than the configured one is none', () => {
  const kept = { copy: { ...record, publishedSha256: 'b'.repeat(64) }, text: wholeText(Buffer.from(text)) }
  const [free] = subscriptionsOf(configOf('off'))
  const [pinned] = subscriptionsOf(configOf('off', 'b'.repeat(64)))
  const [otherwise] = subscriptionsOf(configOf('off', sha256))
  if (free === undefined || pinned === undefined || otherwise === undefined) throw new Error('no list')
  expect(toCopy(free, kept)).toMatchObject({ sha256 })
  expect(toCopy(pinned, kept)).toMatchObject({ sha256 })
  expect(toCopy(otherwise, kept)).toBeUndefined()
  expect(toCopy(free, { ...kept, text: undefined })).toBeUndefined()
})
