import { readdir, readFile } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { text as readAll } from 'node:stream/consumers'
import { InputError, type Problem } from '../errors.js'
import { forEachLine } from '../rules/lines.js'
import { parseLine } from '../rules/parse.js'
import type { RuleAction, RuleSource } from '../rules/rule.js'
import type { RuleFile } from './config.js'

export type RuleFilesIo = { readonly stdin?: () => Promise<string> }

/**
 * Reads rule files and all that they include. A file comes before what it
 * includes, so that of two equal rules its own is the one shown.
 *
 * `include FILE` is relative to the file that says it (standard input: to the
 * working directory). v2fly's `include:NAME` reaches only a file beside its own,
 * and takes only the lines that have the attributes it asks for.
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
    const text = await read(file, io).catch((error: unknown) => {
      problems.push({ ...file.from, message: `${quoted(file)}cannot be read: ${reasonOf(error)}`, fix: fixFor(error) })
    })
    if (text === undefined) return
    const included = new Set<number>()
    const kept = file.attributes.length === 0 ? text : onlyWithAttributes(text, file.attributes)
    // what is left of a v2fly list after its attributes were asked for may be nothing
    if (kept.trim() === '' && file.attributes.length > 0) return
    sources.push({ name: file.name, text: kept, action: file.action, scope, included })
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

async function read({ path }: LoadedFile, { stdin = () => readAll(process.stdin) }: RuleFilesIo): Promise<string> {
  return path === '-' ? stdin() : readFile(path, 'utf8')
}

function reasonOf(error: unknown): string {
  const code = codeOf(error)
  return REASONS[code] ?? (error instanceof Error ? error.message : String(error))
}

function fixFor(error: unknown): string {
  return codeOf(error) === 'EACCES' ? 'give this user the right to read it' : 'name a file that exists'
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
