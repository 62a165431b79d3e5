import { resolve } from 'node:path'
import { type Document, isAlias, isCollection, isMap, isNode, isScalar, LineCounter, parseDocument, visit } from 'yaml'
import type { z } from 'zod'
import { InputError, type Problem } from '../errors.js'
import type { RuleFile } from './config.js'
import type { ListSettings } from './list-settings.js'
import { FILE_SCHEMA, type FileContent, LATER_VALUES } from './schema.js'
import type { Settings } from './settings.js'
import { unknownKey } from './unknown-key.js'

export type ConfigPlace = {
  /** As given, for messages. */
  readonly file: string
  /** Absolute: what relative paths are relative to. */
  readonly directory: string
}

/** Enough for anything written by hand, far too little for a document that multiplies itself. */
const MAX_ALIASES = 100

type Path = readonly PropertyKey[]
type Fault = { readonly path: Path; readonly message: string; readonly onKey: boolean }

/**
 * Text of a configuration file → its settings. JSON is read as the YAML that it is.
 *
 * @throws {InputError} with every fault, each at its line and column
 */
export function parseConfig(text: string, { file, directory }: ConfigPlace): Settings {
  const lineCounter = new LineCounter()
  const at = (offset: number, message: string): Problem => {
    const { line, col } = lineCounter.linePos(offset)
    const fixAt = message.lastIndexOf('; ')
    return { file, line, column: col, message: message.slice(0, fixAt), fix: message.slice(fixAt + 2) }
  }

  const document = parseDocument(text, { lineCounter, prettyErrors: false, stringKeys: true, logLevel: 'error' })
  const faults = [...document.errors, ...document.warnings].map(({ code, message, pos }) =>
    at(pos[0], syntaxMessage(code, message)),
  )
  if (faults.length > 0) throw new InputError(faults)
  if (document.contents === null || (isScalar(document.contents) && document.contents.value === null)) {
    throw new InputError([at(0, 'no configuration in this file; write at least one key, or leave --config out')])
  }
  if (!isMap(document.contents))
    throw new InputError([at(offsetOf(document, [], false), 'not a map of keys to values; write key: value lines')])

  const result = FILE_SCHEMA.partial().safeParse(toValue(document, at))
  if (result.success) return toSettings(result.data, directory)
  throw new InputError(
    result.error.issues
      .flatMap((issue) => toFaults(issue, []))
      .map(({ path, message, onKey }) => at(offsetOf(document, path, onKey), `${nameOf(path)}${message}`))
      .sort((a, b) => a.line - b.line || a.column - b.column),
  )
}

function toValue(document: Document, at: (offset: number, message: string) => Problem): unknown {
  visit(document, {
    Scalar(position, { value, range }) {
      // the one key that JavaScript objects, and so the checks below, do not see
      if (position === 'key' && value === '__proto__')
        throw new InputError([at(range?.[0] ?? 0, '__proto__: unknown key; take it out')])
    },
  })
  try {
    return document.toJS({ maxAliasCount: MAX_ALIASES })
  } catch (error) {
    // what the library throws here is about aliases: one without its anchor, or too many
    let offset = 0
    visit(document, {
      Alias(_, alias) {
        if (offset === 0) offset = alias.range?.[0] ?? 0
      },
    })
    const why = error instanceof Error ? error.message : String(error)
    throw new InputError([at(offset, `this alias cannot be followed (${why}); write the value out`)])
  }
}

function syntaxMessage(code: string, message: string): string {
  switch (code) {
    case 'DUPLICATE_KEY':
      return 'this key stands here twice; keep one'
    case 'TAB_AS_INDENT':
      return 'a tab as indentation; YAML wants spaces'
    case 'MULTIPLE_DOCS':
      return 'a second document begins here; keep one, without a line of dashes'
    case 'TAG_RESOLVE_FAILED':
      return `${message.split('\n')[0]}; write the plain value without a tag`
    case 'NON_STRING_KEY':
      return 'this key is not text; write one of the keys that config defaults shows'
    default:
      return `${message.split('\n')[0]}; write YAML or JSON, as config defaults shows it`
  }
}

/** A fault for each wrong key or value of an issue; of alternatives those of the one that came furthest. */
function toFaults(issue: z.core.$ZodIssue, base: Path): readonly Fault[] {
  const path = [...base, ...issue.path]
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({ path: [...path, key], message: unknownKey(path, key), onKey: true }))
  }
  if (issue.code === 'invalid_key') return issue.issues.map(({ message }) => ({ path, message, onKey: true }))
  if (issue.code === 'invalid_union') {
    const deeper = issue.errors.filter((branch) =>
      branch.some((inner) => inner.path.length > 0 || inner.code === 'unrecognized_keys'),
    )
    const [branch] = deeper
    if (branch !== undefined) return branch.flatMap((inner) => toFaults(inner, path))
  }
  if (issue.code === 'invalid_type' && issue.expected === 'object') {
    return [{ path, message: 'a map of keys belongs here; write the keys of this section below it', onKey: false }]
  }
  const later = LATER_VALUES[path.join('.')]?.find((value) => issue.message.startsWith(JSON.stringify(value)))
  const message =
    later === undefined
      ? issue.message
      : `this version does not have ${later} yet; ${issue.message.slice(issue.message.lastIndexOf('; ') + 2)}`
  return [{ path, message, onKey: false }]
}

function nameOf(path: Path): string {
  return path.length === 0
    ? ''
    : `${path.map((part) => (typeof part === 'number' ? `${part + 1}` : String(part))).join('.')}: `
}

/** Where the value at a path begins, or its key; the nearest that exists where the document has it from elsewhere. */
function offsetOf(document: Document, path: Path, onKey: boolean): number {
  let node: unknown = document.contents
  let offset = isNode(node) ? (node.range?.[0] ?? 0) : 0
  for (const [depth, part] of path.entries()) {
    const collection: unknown = isAlias(node) ? node.resolve(document) : node
    if (!isCollection(collection)) break
    if (isMap(collection)) {
      const pair = collection.items.find(({ key }) => isScalar(key) && String(key.value) === String(part))
      const wanted = onKey && depth === path.length - 1 ? pair?.key : (pair?.value ?? pair?.key)
      offset = isNode(wanted) ? (wanted.range?.[0] ?? offset) : offset
      node = pair?.value
    } else {
      node = collection.get(part, true)
      offset = isNode(node) ? (node.range?.[0] ?? offset) : offset
    }
  }
  return offset
}

function toSettings({ rules, egress, limits, ...rest }: FileContent, directory: string): Settings {
  return {
    ...rest,
    cache: toCache(rest.cache, directory),
    log: rest.log && {
      ...rest.log,
      access: rest.log.access && { ...rest.log.access, file: toLogFile(rest.log.access.file, directory) },
    },
    control: toControl(rest.control, directory),
    rules: rules && {
      ...rules,
      files: rules.files?.map((file) => toRuleFile(file, directory)),
      lists: rules.lists && toLists(rules.lists, directory),
    },
    egress: egress && {
      ...egress,
      dns: egress.dns && { mode: egress.dns.mode, servers: egress.dns.servers, timeoutMs: egress.dns.timeout },
    },
    limits: limits && {
      connections: limits.connections,
      perClient: limits.perClient,
      tunnelsPerClient: limits.tunnelsPerClient,
      headBytes: limits.headBytes,
      headFields: limits.headFields,
      uriBytes: limits.uriBytes,
      headTimeoutMs: limits.headTimeout,
      connectTimeoutMs: limits.connectTimeout,
      bodyTimeoutMs: limits.bodyTimeout,
      responseTimeoutMs: limits.responseTimeout,
      idleTimeoutMs: limits.idleTimeout,
      tunnelIdleTimeoutMs: limits.tunnelIdleTimeout,
    },
  }
}

function toRuleFile(
  file: string | { readonly path: string; readonly action: RuleFile['action'] },
  directory: string,
): RuleFile {
  const { path, action } = typeof file === 'string' ? { path: file, action: 'block' as const } : file
  return { name: path, path: path === '-' ? path : resolve(directory, path), action }
}

function toLists(
  lists: NonNullable<NonNullable<FileContent['rules']>['lists']>,
  directory: string,
): Readonly<Record<string, ListSettings>> {
  return Object.fromEntries(
    Object.entries(lists).map(([name, { refresh, ca, ...list }]) => [
      name,
      { ...list, refreshMs: refresh, ca: ca === undefined ? undefined : resolve(directory, ca) },
    ]),
  )
}

/** `~` stays what it is: whose home is meant is known when the directory is opened. */
function toCache(path: string | undefined, directory: string): string | undefined {
  return path === undefined || path === 'off' || /^~(?:\/|$)/.test(path) ? path : resolve(directory, path)
}

function toControl(path: string | undefined, directory: string): string | undefined {
  return path === undefined || path === 'off' || path === 'auto' ? path : resolve(directory, path)
}

function toLogFile(file: string | undefined, directory: string): string | undefined {
  return file === undefined || file === '-' || file === 'off' ? file : resolve(directory, file)
}
