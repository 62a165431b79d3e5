import { createHash } from 'node:crypto'
import { listKey } from '../rules/list-update.js'
import type { ListIdentity, RuleUpdate } from '../rules/rule-update.js'
import type { ListText } from './list-text.js'

/** A subscribed list as it was fetched. */
export type ListCopy = ListIdentity & {
  /** SHA-256 of the text as far as known, to take it over from a set that has it; empty for a new one. */
  readonly sha256: string
  readonly text: ListText
}

/**
 * Adds a subscribed list to an update: taken over where the set before has it, else
 * read. Whatever is in it, it is no error; where its text is gone, it is left out.
 *
 * @throws {Error} the text cannot be read
 */
export async function loadListCopy(update: RuleUpdate, { sha256, text, name, action, scope }: ListCopy): Promise<void> {
  const list: ListIdentity = { name, action, scope }
  if (update.keep(list, listKey(sha256)) !== undefined) return
  let reader: ReturnType<RuleUpdate['read']> | undefined
  const hash = createHash('sha256')
  try {
    await text.forEachChunk((bytes) => {
      reader ??= update.read({ ...list, isForeign: true }, text.bytes)
      hash.update(bytes)
      reader.feed(bytes)
    })
  } catch (error) {
    if (reader !== undefined || !isMissing(error)) throw error
  }
  reader?.end(listKey(hash.digest('hex')))
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT'
}
