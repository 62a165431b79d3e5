import { readdir } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { InputError, type Problem } from '../errors.js'
import type { FoundInclude } from '../rules/compiled/segment.js'
import type { RuleAction } from '../rules/rule.js'
import type { RuleFile } from './config.js'

/** A category of UT1 and of squidGuard: its files and what their lines are. */
const CATEGORY_FILES = ['domains', 'urls', 'expressions'] as const

/** One file among those that a user named, or that they include. */
export type LoadedFile = {
  readonly kind: 'file'
  /** What matches and messages show. */
  readonly name: string
  /** Absolute, or `-` for standard input. */
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

/**
 * Reads one file.
 *
 * @param follows whether the file that a line names is read too
 * @returns the lines that name other files
 */
export type ReadFile = (
  file: LoadedFile,
  follows: (include: FoundInclude) => boolean,
) => Promise<readonly FoundInclude[]>

/**
 * Reads rule files and all that they include. A file comes before what it
 * includes, so that of two equal rules its own is the one shown.
 *
 * `include FILE` is relative to the file that says it (standard input: to the
 * working directory). v2fly's `include:NAME` reaches only a file beside its own,
 * and takes only the lines that have the attributes it asks for.
 *
 * A folder stands for the files `domains`, `urls` and `expressions` in it, as UT1
 * and squidGuard arrange a category: domains mean what is below them too, and
 * expressions are regular expressions without slashes.
 *
 * @throws {InputError} for files that cannot be read and for cycles
 */
export async function walkRuleFiles(files: readonly RuleFile[], read: ReadFile): Promise<void> {
  const problems: Problem[] = []

  async function walk(file: LoadedFile): Promise<void> {
    const category = await categoryOf(file)
    for (const part of category) await walkFile(part)
    if (category.length === 0) await walkFile(file)
  }

  async function walkFile(file: LoadedFile): Promise<void> {
    const siblings = await siblingsOf(file)
    // a category is somebody else's list: it reaches no other file
    const follows = (include: FoundInclude): boolean =>
      file.part === undefined && (include.kind === 'include' || siblings.has(include.name))
    const includes = await read(file, follows).catch((error: unknown) => {
      problems.push({ ...file.from, message: `${quoted(file)}cannot be read: ${reasonOf(error)}`, fix: fixFor(error) })
      return []
    })
    for (const include of includes) {
      if (!follows(include)) continue
      const next = includedFile(include, file)
      const cycle = cycleOf(next)
      if (cycle === undefined) await walk(next)
      else {
        const { line } = include
        const fix = 'remove one of these includes'
        problems.push({ file: file.name, line, column: 1, message: `include cycle: ${cycle}`, fix })
      }
    }
  }

  for (const { name, path, action } of files) {
    const from = { file: name, line: 0, column: 0 }
    await walk({ kind: 'file', name, path, action, attributes: [], chain: [], from })
  }
  if (problems.length > 0) throw new InputError(problems)
}

function includedFile(include: FoundInclude, parent: LoadedFile): LoadedFile {
  const base = parent.path === '-' ? process.cwd() : dirname(parent.path)
  const path = include.kind === 'include' ? include.path : include.name
  return {
    kind: 'file',
    name: path.startsWith('/') ? path : join(parent.path === '-' ? '.' : dirname(parent.name), path),
    path: resolve(base, path),
    action: (include.kind === 'include' ? include.action : undefined) ?? parent.action,
    attributes: include.kind === 'include' ? [] : include.attributes,
    chain: [...parent.chain, parent],
    from: { file: parent.name, line: include.line, column: include.kind === 'include' ? include.column : 1 },
  }
}

/** The files from the one that is asked for again to the one that asks, where it is among those that led here. */
function cycleOf(file: LoadedFile): string | undefined {
  const seen = file.chain.findIndex(({ path }) => path === file.path)
  return seen === -1 ? undefined : [...file.chain.slice(seen), file].map(({ name }) => name).join(' → ')
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

/** Names in the file's own folder; v2fly's includes that are not among them stay unfollowed. */
async function siblingsOf({ path, part }: LoadedFile): Promise<ReadonlySet<string>> {
  if (path === '-' || part !== undefined) return new Set()
  const entries = await readdir(dirname(path), { withFileTypes: true }).catch(() => [])
  return new Set(entries.filter((entry) => !entry.isDirectory()).map(({ name }) => name))
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
