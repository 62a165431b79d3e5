import { createHash } from 'node:crypto'
import { open } from 'node:fs/promises'
import { buffer as readAll } from 'node:stream/consumers'
import type { FoundInclude } from '../rules/compiled/segment.js'
import type { PrintKey } from '../rules/compiled/suffix-prints.js'
import type { RuleAction, RuleSet } from '../rules/rule.js'
import { createRuleUpdate, type ListIdentity, type RuleUpdate } from '../rules/rule-update.js'
import type { RuleFile } from './config.js'
import { isGzip } from './gunzip.js'
import { type ListCopy, loadListCopy } from './list-copy.js'
import { CHUNK_BYTES, fileText, type ListText, wholeText } from './list-text.js'
import { type LoadedFile, walkRuleFiles } from './rule-file-walk.js'
import { isChangedText, type RuleFilesIo, textForRules, unpacked } from './rule-text.js'

export type RuleLoad = {
  readonly files: readonly RuleFile[]
  /** Subscribed lists; they come after the files. */
  readonly lists?: readonly ListCopy[]
  readonly scope: 'exact' | 'suffix'
  /** Beats `default` lines. */
  readonly default?: RuleAction | undefined
  /** The set whose unchanged lists are taken over. */
  readonly previous?: RuleSet | undefined
  /** For a set without a previous one. */
  readonly key: PrintKey
  readonly io?: RuleFilesIo
}

/**
 * Rule files, all that they include, and lists → a rule set. Files are read in pieces,
 * never whole into memory; of those that did not change since `previous` only the
 * digest is made.
 *
 * @throws {InputError} everything wrong in them, or files that cannot be read
 */
export async function loadRules(load: RuleLoad): Promise<RuleSet> {
  const { files, lists = [], scope, default: wanted, previous, key, io = {} } = load
  const update = createRuleUpdate(previous, { key, ...(wanted && { default: wanted }) })
  const chunk = Buffer.allocUnsafeSlow(CHUNK_BYTES)
  await walkRuleFiles(files, async (file, follows) => {
    const { name, action } = file
    const list: ListIdentity = { name, action, scope: file.part === 'domains' ? 'suffix' : scope }
    const text = await textOf(file, chunk, io)
    if (previous !== undefined) {
      const kept = update.keep(list, await contentKey(text, file))
      if (kept !== undefined) return kept.includes
    }
    return readList(update, list, file, text, follows)
  })
  for (const list of lists) await loadListCopy(update, list)
  return update.finish()
}

async function readList(
  update: RuleUpdate,
  list: ListIdentity,
  file: LoadedFile,
  text: ListText,
  follows: (include: FoundInclude) => boolean,
): Promise<readonly FoundInclude[]> {
  const mayBeEmpty = file.attributes.length > 0 || file.part !== undefined
  const reader = update.read({ ...list, follows, mayBeEmpty }, text.bytes)
  const hash = createHash('sha256')
  await text.forEachChunk((bytes) => {
    hash.update(bytes)
    reader.feed(bytes)
  })
  return reader.end(toContentKey(hash.digest('hex'), file)).includes
}

async function textOf(file: LoadedFile, chunk: Buffer, { stdin, opening }: RuleFilesIo): Promise<ListText> {
  if (file.path === '-')
    return wholeText(stdin === undefined ? await readAll(process.stdin) : Buffer.from(await stdin()))
  opening?.(file.path)
  const handle = await open(file.path)
  try {
    const stats = await handle.stat()
    // a pipe (`--rules <(…)`) can be read once and not from a place
    if (!stats.isFile()) return wholeText(await bytesForRules(await handle.readFile(), file))
    const { bytesRead } = await handle.read(chunk, 0, CHUNK_BYTES, 0)
    const isPacked = isGzip(chunk.subarray(0, bytesRead)) || file.path.endsWith('.gz')
    if (!isPacked && !isChangedText(file)) return fileText(file.path, stats.size, chunk)
    return wholeText(await bytesForRules(await handle.readFile(), file))
  } finally {
    await handle.close()
  }
}

async function bytesForRules(packed: Buffer, file: LoadedFile): Promise<Buffer> {
  const bytes = await unpacked(packed, file.path)
  return isChangedText(file) ? Buffer.from(textForRules(bytes.toString('utf8'), file)) : bytes
}

async function contentKey(text: ListText, file: LoadedFile): Promise<string> {
  const hash = createHash('sha256')
  await text.forEachChunk((bytes) => hash.update(bytes))
  return toContentKey(hash.digest('hex'), file)
}

/** What a list says depends on its text, and on what was asked of it. */
function toContentKey(digest: string, { part }: LoadedFile): string {
  return part === undefined ? digest : `${digest} ${part}`
}
