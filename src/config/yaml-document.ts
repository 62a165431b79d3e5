import {
  type Document,
  isAlias,
  isCollection,
  isMap,
  isNode,
  isScalar,
  LineCounter,
  parseDocument as parseYaml,
  visit,
} from 'yaml'
import type { z } from 'zod'
import { InputError, type Problem } from '../errors.js'
import { showUrls } from '../upstream/chain-adapter.js'
import { MAX_YAML_DEPTH, tooDeepAt } from '../yaml-depth.js'
import type { DocumentGrammar } from './document-grammar.js'
import { unknownKey } from './unknown-key.js'

/** Enough for anything written by hand, far too little for a document that multiplies itself. */
const MAX_ALIASES = 100

type Path = readonly PropertyKey[]
type Fault = { readonly path: Path; readonly message: string; readonly onKey: boolean }

/** What a document says, and where. */
export type ParsedDocument<T> = {
  readonly value: T
  /** 1-based line on which the value at a path begins. */
  lineOf(path: Path): number
}

/**
 * Text of a YAML or JSON file of ours → its value, checked against its grammar.
 *
 * @param file as the user gave it, for messages
 * @throws {InputError} with every fault, each at its line and column
 */
export function parseDocument<S extends z.ZodType>(
  text: string,
  file: string,
  grammar: DocumentGrammar<S>,
): ParsedDocument<z.output<S>> {
  const lineCounter = new LineCounter()
  const at = (offset: number, message: string): Problem => {
    const { line, col } = lineCounter.linePos(offset)
    const fixAt = message.lastIndexOf('; ')
    // a URL with its password may stand in any place by mistake
    return { file, line, column: col, message: showUrls(message.slice(0, fixAt)), fix: message.slice(fixAt + 2) }
  }

  const tooDeep = tooDeepAt(text)
  if (tooDeep !== undefined) {
    // only parsing counts the lines
    const before = text.slice(0, tooDeep).split('\n')
    const place = { file, line: before.length, column: (before.at(-1)?.length ?? 0) + 1 }
    throw new InputError([{ ...place, message: `nested more than ${MAX_YAML_DEPTH} deep`, fix: 'write fewer levels' }])
  }
  const document = parseYaml(text, { lineCounter, prettyErrors: false, stringKeys: true, logLevel: 'error' })
  const faults = [...document.errors, ...document.warnings].map(({ code, message, pos }) =>
    at(pos[0], syntaxMessage(code, message, grammar)),
  )
  if (faults.length > 0) throw new InputError(faults)
  if (document.contents === null || (isScalar(document.contents) && document.contents.value === null)) {
    throw new InputError([at(0, grammar.empty)])
  }
  if (!isMap(document.contents))
    throw new InputError([at(offsetOf(document, [], false), 'not a map of keys to values; write key: value lines')])

  const result = grammar.schema.safeParse(toValue(document, at))
  if (result.success) {
    return { value: result.data, lineOf: (path) => lineCounter.linePos(offsetOf(document, path, false)).line }
  }
  throw new InputError(
    result.error.issues
      .flatMap((issue) => toFaults(issue, [], grammar))
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

function syntaxMessage(code: string, message: string, { example }: DocumentGrammar): string {
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
      return `this key is not text; write keys as ${example} shows them`
    default:
      return `${message.split('\n')[0]}; write YAML or JSON, as ${example} shows it`
  }
}

/** A fault for each wrong key or value of an issue; of alternatives those of the one that came furthest. */
function toFaults(issue: z.core.$ZodIssue, base: Path, grammar: DocumentGrammar): readonly Fault[] {
  const path = [...base, ...issue.path]
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({ path: [...path, key], message: unknownKey(grammar, path, key), onKey: true }))
  }
  if (issue.code === 'invalid_key') return issue.issues.map(({ message }) => ({ path, message, onKey: true }))
  if (issue.code === 'invalid_union') {
    const deeper = issue.errors.filter((branch) =>
      branch.some((inner) => inner.path.length > 0 || inner.code === 'unrecognized_keys'),
    )
    const [branch] = deeper
    if (branch !== undefined) return branch.flatMap((inner) => toFaults(inner, path, grammar))
  }
  if (issue.code === 'invalid_type' && issue.expected === 'object') {
    return [{ path, message: 'a map of keys belongs here; write the keys of this section below it', onKey: false }]
  }
  return [{ path, message: issue.message, onKey: false }]
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
