import { createHash } from 'node:crypto'
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { ListText } from '../../../src/config/list-text.js'
import type { ListCopyRecord } from '../../../src/subscriptions/list-record.js'
import { createListStore, type ListStore } from '../../../src/subscriptions/list-store.js'
import { createTempFolder } from '../../helpers/temp-folder.js'

const folder = createTempFolder()
let folders = 0
const ads = { name: 'ads', url: 'https://user:secret@lists.test/a' }

function newFolder(): string {
  return join(folder.path, `cache-${folders++}`)
}

function storeIn(directory: string | undefined) {
  const warnings: string[] = []
  return { warnings, store: createListStore({ directory, onWarning: (message) => void warnings.push(message) }) }
}

function copyOf(text: string, over: Partial<ListCopyRecord> = {}): ListCopyRecord {
  const sha256 = createHash('sha256').update(text).digest('hex')
  const times = { fetchedAt: 1, checkedAt: 2, expiresMs: null }
  return { sha256, publishedSha256: sha256, bytes: text.length, etag: '"1"', lastModified: '', ...times, ...over }
}

async function textIn(text: ListText | undefined): Promise<string | undefined> {
  if (text === undefined) return undefined
  let whole = ''
  await text.forEachChunk((bytes) => {
    whole += Buffer.from(bytes).toString()
  })
  return whole
}

const save = (store: ListStore, text: string) => store.save(ads, { copy: copyOf(text) }, Buffer.from(text))

describe.each([
  ['on disk', () => storeIn(newFolder())],
  ['in memory', () => storeIn(undefined)],
])('a store %s', (_where, open) => {
  test('has nothing of a list at first', async () => {
    expect(await open().store.read(ads)).toEqual({ copy: undefined, lastError: undefined, text: undefined })
  })

  test('gives back what was saved last', async () => {
    const { store, warnings } = open()
    await save(store, 'one\n')
    const saved = await save(store, 'other\n')
    const read = await store.read(ads)
    for (const kept of [saved, read]) {
      expect(kept.copy).toEqual(copyOf('other\n'))
      expect(await textIn(kept.text)).toBe('other\n')
    }
    expect(warnings).toEqual([])
  })

  test('changes what is known of a copy and keeps its text', async () => {
    const { store } = open()
    await save(store, 'one\n')
    const lastError = { at: 5, message: 'gone' }
    const copy = copyOf('one\n', { checkedAt: 9 })
    await store.save(ads, { copy, lastError })
    const kept = await store.read(ads)
    expect(kept).toMatchObject({ copy, lastError })
    expect(await textIn(kept.text)).toBe('one\n')
  })

  test('keeps an error where there is no copy', async () => {
    const { store } = open()
    await store.save(ads, { lastError: { at: 5, message: 'gone' } })
    const { copy, lastError, text } = await store.read(ads)
    expect([copy, lastError?.message, text]).toEqual([undefined, 'gone', undefined])
  })

  test('keeps lists apart by name and by URL', async () => {
    const { store } = open()
    await save(store, 'one\n')
    expect((await store.read({ ...ads, name: 'more' })).copy).toBeUndefined()
    expect((await store.read({ ...ads, url: 'https://lists.test/b' })).copy).toBeUndefined()
  })
})

describe('on disk', () => {
  test('files are this user’s alone, and neither a name nor a content holds the URL', async () => {
    const directory = newFolder()
    const { store } = storeIn(directory)
    await save(store, 'one\n')
    expect(statSync(join(directory, 'lists')).mode & 0o777).toBe(0o700)
    const names = readdirSync(join(directory, 'lists'))
    expect(names).toHaveLength(2)
    for (const name of names) {
      expect(name).toMatch(/^ads-[0-9a-f]{16}(\.json|-[0-9a-f]{16}\.txt)$/)
      expect(statSync(join(directory, 'lists', name)).mode & 0o777).toBe(0o600)
      expect(readFileSync(join(directory, 'lists', name), 'utf8')).not.toMatch(/secret|lists\.test/)
    }
  })

  test('another store finds it, and the text before is gone', async () => {
    const directory = newFolder()
    await save(storeIn(directory).store, 'one\n')
    await save(storeIn(directory).store, 'two\n')
    expect(readdirSync(join(directory, 'lists'))).toHaveLength(2)
    expect(await textIn((await storeIn(directory).store.read(ads)).text)).toBe('two\n')
  })

  test('what one instance knows of a copy does not undo the newer copy of another', async () => {
    const directory = newFolder()
    const { store } = storeIn(directory)
    await save(store, 'one\n')
    await save(storeIn(directory).store, 'two\n')
    const lastError = { at: 5, message: 'gone' }
    const kept = await store.save(ads, { copy: copyOf('one\n', { checkedAt: 9 }), lastError })
    expect(kept).toMatchObject({ copy: copyOf('two\n'), lastError })
    expect(await textIn(kept.text)).toBe('two\n')
  })

  test.each([
    ['a record that is no JSON', (json: string) => writeFileSync(json, '{')],
    ['a record of another form', (json: string) => writeFileSync(json, '{"copy":{"sha256":"../../x"}}')],
    ['a text that is gone', (_json: string, txt: string) => rmSync(txt)],
    ['a text that was cut off', (_json: string, txt: string) => writeFileSync(txt, 'o')],
  ])('%s counts as no copy', async (_what, damage) => {
    const directory = newFolder()
    const { store } = storeIn(directory)
    await save(store, 'one\n')
    const files = readdirSync(join(directory, 'lists')).map((name) => join(directory, 'lists', name))
    damage(files.find((name) => name.endsWith('.json')) ?? '', files.find((name) => name.endsWith('.txt')) ?? '')
    expect(await store.read(ads)).toMatchObject({ copy: undefined, text: undefined })
    await save(store, 'two\n')
    expect(await textIn((await store.read(ads)).text)).toBe('two\n')
  })

  test('a reader finds the old copy or the new one while it is replaced', async () => {
    const directory = newFolder()
    const { store: writer } = storeIn(directory)
    const { store: reader } = storeIn(directory)
    const texts = ['one\n', 'another\n']
    await save(writer, 'one\n')
    let isWriting = true
    const writing = (async () => {
      for (let i = 0; i < 100; i++) await save(writer, texts[i % 2] ?? '')
      isWriting = false
    })()
    while (isWriting) {
      const { copy, text } = await reader.read(ads)
      expect(copy?.bytes).toBeOneOf([4, 8])
      expect(text?.bytes).toBe(copy?.bytes)
    }
    await writing
  })

  test('a copy that cannot be written is held in memory, with a warning, until one can', async () => {
    const directory = newFolder()
    mkdirSync(directory)
    writeFileSync(join(directory, 'lists'), 'a file in the place of the folder')
    const { store, warnings } = storeIn(directory)
    const kept = await save(store, 'one\n')
    expect(await textIn(kept.text)).toBe('one\n')
    expect(await textIn((await store.read(ads)).text)).toBe('one\n')
    expect(warnings).toEqual([expect.stringMatching(/^list ads is not kept: .*E/)])
    await store.save(ads, { copy: copyOf('one\n', { checkedAt: 7 }) })
    expect((await store.read(ads)).copy?.checkedAt).toBe(7)

    rmSync(join(directory, 'lists'))
    await save(store, 'two\n')
    expect(await textIn((await storeIn(directory).store.read(ads)).text)).toBe('two\n')
    expect(warnings).toHaveLength(1)
  })

  test('what is known of a copy that cannot be written is still given back', async () => {
    const directory = newFolder()
    const { store, warnings } = storeIn(directory)
    await save(store, 'one\n')
    const [json = ''] = readdirSync(join(directory, 'lists')).filter((name) => name.endsWith('.json'))
    // a folder cannot be replaced by a file, whoever asks
    rmSync(join(directory, 'lists', json))
    mkdirSync(join(directory, 'lists', json))
    chmodSync(join(directory, 'lists', json), 0o700)
    const lastError = { at: 5, message: 'gone' }
    expect((await store.save(ads, { copy: copyOf('one\n'), lastError })).lastError).toEqual(lastError)
    expect(warnings).toHaveLength(1)
    expect(existsSync(join(directory, 'lists', json))).toBe(true)
  })
})
