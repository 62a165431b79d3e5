import { readdir, readFile } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { buffer as readAll } from 'node:stream/consumers'
import { InputError, type Problem } from '../errors.js'
import { forEachLine } from '../rules/lines.js'
import { parseLine } from '../rules/parse.js'
import type { RuleAction, RuleSource } from '../rules/rule.js'
import type { RuleFile } from './config.js'
import { gunzip, isGzip } from './gunzip.js'

/** Below the longest string that V8 makes (2^29 - 24 characters); five million names take 100 MiB. */
const MAX_UNPACKED_BYTES = 256 * 1_048_576

/** A category of UT1 and of squidGuard: its files and what their lines are. */
const CATEGORY_FILES = ['domains', 'urls', 'expressions'] as const

export type RuleFilesIo = { readonly stdin?: () => Promise<string> }

/**
 * Reads rule files and all that they include. A file comes before what it
 * includes, so that of two equal rules its own is the one shown.
 *
 * `include FILE` is relative to the file that says it (standard input: to the
 * working directory). v2fly's `include:NAME` reaches only a file beside its own,
 * and takes only the lines that have the attributes it asks for.
 *
 * A file may be packed with gzip. A folder stands for the files `domains`, `urls`
 * and `expressions` in it, as UT1 and squidGuard arrange a category: domains mean
 * what is below them too, and expressions are regular expressions without slashes.
 *
 * @throws InputError for files that cannot be read and for cycles
 */
export async function loadRuleFiles(
  files: readonly RuleFile[],
  io: RuleFilesIo = {},
  { scope = 'exact' }: { readonly scope?: 'exact' | 'suffix' } = {},
): Promise<RuleSource[]> {
  const sources: RuleSource[] = []
  const problems: Problem[] = []

  async function load(file: LoadedFile): Promise<void> {
    const category = await categoryOf(file)
    for (const part of category) await loadFile(part)
    if (category.length === 0) await loadFile(file)
  }

  async function loadFile(file: LoadedFile): Promise<void> {
    const text = await read(file, io).catch((error: unknown) => {
      problems.push({ ...file.from, message: `${quoted(file)}cannot be read: ${reasonOf(error)}`, fix: fixFor(error) })
    })
    if (text === undefined) return
    const included = new Set<number>()
    const kept = file.attributes.length === 0 ? text : onlyWithAttributes(text, file.attributes)
    // what is left of a v2fly list after its attributes were asked for may be nothing, and so may a file of a category
    if ((file.attributes.length > 0 && kept.trim() === '') || (file.part !== undefined && !hasRules(kept))) return
    sources.push({
      name: file.name,
      text: kept,
      action: file.action,
      scope: file.part === 'domains' ? 'suffix' : scope,
      included,
    })
    // a category is somebody else's list: it reaches no other file
    if (file.part !== undefined) return
    for (const { line, file: next } of await includesOf(kept, file)) {
      if (next.kind === 'cycle') {
        problems.push({
          file: file.name,
          line,
          column: 1,
          message: `include cycle: ${next.chain}`,
          fix: 'remove one of these includes',
        })
      } else {
        included.add(line)
        await load(next)
      }
    }
  }

  for (const { name, path, action } of files) {
    const from = { file: name, line: 0, column: 0 }
    await load({ kind: 'file', name, path, action, attributes: [], chain: [], from })
  }
  if (problems.length > 0) throw new InputError(problems)
  return sources
}

type LoadedFile = {
  readonly kind: 'file'
  readonly name: string
  readonly path: string
  readonly action: RuleAction
  /** v2fly: only lines with all of these; `-name` is without. */
  readonly attributes: readonly string[]
  /** The files that led here, outermost first. */
  readonly chain: readonly LoadedFile[]
  /** Which file of a category it is. */
  readonly part?: (typeof CATEGORY_FILES)[number]
  /** Where it was asked for. */
  readonly from: Pick<Problem, 'file' | 'line' | 'column'>
}

type Include = {
  readonly line: number
  readonly file: LoadedFile | { readonly kind: 'cycle'; readonly chain: string }
}

async function includesOf(text: string, parent: LoadedFile): Promise<Include[]> {
  if (!text.includes('include')) return []
  const wanted: {
    readonly line: number
    readonly column: number
    readonly path: string
    readonly action: RuleAction
    readonly attributes: readonly string[]
  }[] = []
  const siblings = await siblingsOf(text, parent)
  forEachLine(text, (raw, line) => {
    if (!raw.includes('include')) return
    const parsed = parseLine(raw)
    if (parsed.kind === 'include') {
      const { path, column, action = parent.action } = parsed
      wanted.push({ line, column, path, action, attributes: [] })
    } else if (parsed.kind === 'sibling' && siblings.has(parsed.name)) {
      wanted.push({ line, column: 1, path: parsed.name, action: parent.action, attributes: parsed.attributes })
    }
  })

  const chain = [...parent.chain, parent]
  return wanted.map(({ line, column, path, action, attributes }) => {
    const base = parent.path === '-' ? process.cwd() : dirname(parent.path)
    const file: LoadedFile = {
      kind: 'file',
      name: path.startsWith('/') ? path : join(parent.path === '-' ? '.' : dirname(parent.name), path),
      path: resolve(base, path),
      action,
      attributes,
      chain,
      from: { file: parent.name, line, column },
    }
    const seen = chain.findIndex((other) => other.path === file.path)
    if (seen === -1) return { line, file }
    return { line, file: { kind: 'cycle', chain: [...chain.slice(seen), file].map(({ name }) => name).join(' → ') } }
  })
}

/** The files of a folder that is a category; none for a file, and for a folder that is none. */
async function categoryOf(file: LoadedFile): Promise<readonly LoadedFile[]> {
  if (file.path === '-') return []
  const entries = await readdir(file.path).catch((): string[] => [])
  return CATEGORY_FILES.filter((part) => entries.includes(part)).map((part) => ({
    ...file,
    part,
    name: join(file.name, part),
    path: join(file.path, part),
  }))
}

/** An expression becomes the `/expression/` that other files would write. */
function toRegexLine(line: string): string {
  const expression = line.trim()
  return expression === '' || expression.startsWith('#') ? line : `/${expression}/`
}

function hasRules(text: string): boolean {
  for (let start = 0; start < text.length; ) {
    const newline = text.indexOf('\n', start)
    const end = newline === -1 ? text.length : newline
    if (parseLine(text.slice(start, end)).kind === 'rules') return true
    start = end + 1
  }
  return false
}

/** Names in the file's own folder; v2fly's includes that are not among them stay unfollowed. */
async function siblingsOf(text: string, { path }: LoadedFile): Promise<ReadonlySet<string>> {
  if (path === '-' || !text.includes('include:')) return new Set()
  const entries = await readdir(dirname(path), { withFileTypes: true })
  return new Set(entries.filter((entry) => !entry.isDirectory()).map(({ name }) => name))
}

/** Other lines become empty, so that line numbers stay. */
function onlyWithAttributes(text: string, attributes: readonly string[]): string {
  const lines = text.split('\n').map((line) => {
    const own: readonly string[] = line.split('#', 1)[0]?.match(/(?<=\s@)[\w!-]+/g) ?? []
    const has = (attribute: string) =>
      attribute.startsWith('-') ? !own.includes(attribute.slice(1)) : own.includes(attribute)
    return attributes.every(has) ? line : ''
  })
  return lines.join('\n')
}

async function read({ path, part }: LoadedFile, { stdin }: RuleFilesIo): Promise<string> {
  if (path === '-' && stdin !== undefined) return stdin()
  const text = await unpacked(path === '-' ? await readAll(process.stdin) : await readFile(path), path)
  return part === 'expressions' ? text.split('\n').map(toRegexLine).join('\n') : text
}

async function unpacked(bytes: Buffer, path: string): Promise<string> {
  if (isGzip(bytes)) return (await gunzip(bytes, MAX_UNPACKED_BYTES)).toString('utf8')
  if (path.endsWith('.gz')) throw new Error('its name ends in .gz and it is no gzip file')
  return bytes.toString('utf8')
}

function reasonOf(error: unknown): string {
  const code = codeOf(error)
  return REASONS[code] ?? (error instanceof Error ? error.message : String(error))
}

function fixFor(error: unknown): string {
  const code = codeOf(error)
  if (code === 'EACCES') return 'give this user the right to read it'
  return code === '' ? 'name a text file, or one packed with gzip' : 'name a file that exists'
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : ''
}

/** The place already names a file given by the user; that of an include names the file that includes. */
function quoted({ name, from }: LoadedFile): string {
  return from.line === 0 ? '' : `\`${name}\` `
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  EISDIR: 'it is a folder',
  EACCES: 'permission denied',
  ENOTDIR: 'a part of its path is no folder',
}
