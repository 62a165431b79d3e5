import { createHash } from 'node:crypto'
import { mkdir, readFile, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { fileText, type ListText, wholeText } from '../config/list-text.js'
import { writeAside } from '../config/write-aside.js'
import { isListRecord, type ListRecord, NO_RECORD } from './list-record.js'
import type { Subscription } from './subscription.js'

/** A copy belongs to a name and a URL: several configurations may share a directory. */
export type ListId = Pick<Subscription, 'name' | 'url'>

export type Kept = ListRecord & {
  /** Of `copy`; undefined where there is none. */
  readonly text: ListText | undefined
}

/** The copies of lists, and what is known of each. */
export type ListStore = {
  /** Never fails: what cannot be read or is damaged is not there. */
  read(list: ListId): Promise<Kept>
  /** @param text of a new copy; without it the one at hand stays */
  save(list: ListId, record: ListRecord, text?: Buffer): Promise<Kept>
}

export type ListStoreOptions = {
  /** The cache directory, whose owner and mode were looked at; undefined: copies are held in memory. */
  readonly directory: string | undefined
  /** A copy could not be written: it is held in memory instead. */
  readonly onWarning: (message: string) => void
}

/**
 * A text is a file named for what is in it; the record beside it says which text
 * counts. Both are written aside and renamed, the record last, so that a reader
 * finds the old copy or the new one whatever happens in between.
 */
export function createListStore({ directory, onWarning }: ListStoreOptions): ListStore {
  const inMemory = new Map<string, Kept>()
  const folder = directory === undefined ? undefined : join(directory, 'lists')

  async function read(list: ListId): Promise<Kept> {
    const held = inMemory.get(idOf(list))
    if (held !== undefined || folder === undefined) return held ?? NOTHING
    // the copy may be replaced between its record and its text: then there is a new record
    const base = join(folder, idOf(list))
    return readFrom(base)
      .catch(() => readFrom(base))
      .catch(() => NOTHING)
  }

  return {
    read,

    async save(list, record, text) {
      const id = idOf(list)
      const held = inMemory.get(id)
      const isOnDisk = folder !== undefined && (text !== undefined || held === undefined)
      if (isOnDisk) {
        try {
          await saveTo(folder, id, record, text)
          inMemory.delete(id)
          return await read(list)
        } catch (error) {
          onWarning(`list ${list.name} is not kept: ${error instanceof Error ? error.message : error}`)
          if (text === undefined) return { ...(await read(list)), ...record }
        }
      }
      const whole = { ...record, text: text === undefined ? held?.text : wholeText(text) }
      inMemory.set(id, whole)
      return whole
    },
  }
}

async function readFrom(base: string): Promise<Kept> {
  const parsed: unknown = JSON.parse(await readFile(`${base}.json`, 'utf8'))
  if (!isListRecord(parsed)) return NOTHING
  const { copy, lastError } = parsed
  if (copy === undefined) return { copy, lastError, text: undefined }
  const path = textPath(base, copy.sha256)
  const { size } = await stat(path)
  return size === copy.bytes ? { copy, lastError, text: fileText(path, size) } : NOTHING
}

async function saveTo(folder: string, id: string, record: ListRecord, text: Buffer | undefined): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const base = join(folder, id)
  const before = await readFrom(base).catch(() => NOTHING)
  // without a text nothing changes which one counts: another instance may have replaced it
  const isKnown = text !== undefined || before.copy?.sha256 === record.copy?.sha256
  const copy = isKnown ? record.copy : before.copy
  if (copy !== undefined && text !== undefined) await writeAside(textPath(base, copy.sha256), text, KEPT)
  await writeAside(`${base}.json`, JSON.stringify({ ...record, copy }), KEPT)
  if (before.copy !== undefined && before.copy.sha256 !== copy?.sha256) {
    await rm(textPath(base, before.copy.sha256), { force: true })
  }
}

/** For this user alone, and there after a crash. */
const KEPT = { mode: 0o600, flush: true }
const NOTHING: Kept = { ...NO_RECORD, text: undefined }

/** Part of a file name; the URL, which may hold a password, is not in it. */
function idOf({ name, url }: ListId): string {
  return `${name}-${createHash('sha256').update(url).digest('hex').slice(0, 16)}`
}

function textPath(base: string, sha256: string): string {
  return `${base}-${sha256.slice(0, 16)}.txt`
}
