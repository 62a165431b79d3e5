import { forEachLine } from '../rules/lines.js'
import type { RuleAction } from '../rules/rule.js'
import { type Place, type Skipped, type SourceFile, skip } from './imported.js'

export type PiholeEntry =
  | (Place & {
      readonly kind: 'exact' | 'regex'
      readonly action: RuleAction
      readonly text: string
      readonly reason: string | undefined
    })
  | { readonly kind: 'list'; readonly url: string; readonly action: RuleAction; readonly title: string | undefined }

export type PiholeEntries = { readonly entries: readonly PiholeEntry[]; readonly skipped: readonly Skipped[] }

/**
 * `whitelist.exact.json`, `blacklist.regex.json`, `adlist.json`: arrays of rows.
 *
 * @param name of the file, in lower case and without its folder: it says what the rows are
 */
export function readTeleporter(file: SourceFile, name: string): PiholeEntries {
  const rows = jsonRows(file.text)
  if (rows === undefined) return { entries: [], skipped: [skip({ file: file.name, line: 1 }, 'not JSON', file.name)] }
  const action = /white|allow/.test(name) ? 'allow' : 'block'
  const lines = linesOf(file.text)
  return fromRows(
    rows.map((row, i) => ({
      place: { file: file.name, line: lines[i] ?? 1 },
      kind: name.startsWith('adlist') ? 'list' : /regex/.test(name) ? 'regex' : 'exact',
      action,
      text: String(row.domain ?? row.address ?? ''),
      enabled: Number(row.enabled ?? 1) !== 0,
      comment: typeof row.comment === 'string' ? row.comment : undefined,
    })),
  )
}

/** `.dump` of gravity.db: the tables `domainlist` and `adlist`. */
export function readDump(file: SourceFile): PiholeEntries {
  const rows: Row[] = []
  forEachLine(file.text, (raw, line) => {
    const [, table, values = ''] = /^INSERT INTO "?(domainlist|adlist)"? VALUES\((.*)\);?\s*$/.exec(raw) ?? []
    if (table === undefined) return
    const fields = [...values.matchAll(/'((?:[^']|'')*)'|([^,']+)/g)].map(([, quoted, bare]) =>
      quoted === undefined ? (bare ?? '') : quoted.replaceAll("''", "'"),
    )
    const place = { file: file.name, line }
    const commentOf = (text = '') => (text === 'NULL' || text === '' ? undefined : text)
    if (table === 'adlist') {
      const [, address = '', enabled, , , comment] = fields
      // the column `type` is new in version 6: 1 is a list of what to allow
      const action = fields.length > 11 && fields.at(-1) === '1' ? 'allow' : 'block'
      rows.push({ place, kind: 'list', action, text: address, enabled: enabled !== '0', comment: commentOf(comment) })
      return
    }
    const [, type, domain = '', enabled, , , comment] = fields
    const kind = type === '2' || type === '3' ? 'regex' : 'exact'
    const action = type === '0' || type === '2' ? 'allow' : 'block'
    rows.push({ place, kind, action, text: domain, enabled: enabled !== '0', comment: commentOf(comment) })
  })
  return fromRows(rows)
}

type Row = {
  readonly place: Place
  readonly kind: PiholeEntry['kind']
  readonly action: RuleAction
  readonly text: string
  readonly enabled: boolean
  readonly comment: string | undefined
}

function fromRows(rows: readonly Row[]): PiholeEntries {
  const entries: PiholeEntry[] = []
  const skipped: Skipped[] = []
  for (const { place, kind, action, text, enabled, comment } of rows) {
    const entry = kind === 'list' ? toList(text, action, comment) : { ...place, kind, action, text, reason: comment }
    if (!enabled) skipped.push(skip(place, 'this entry is switched off', text))
    else if (entry === undefined) skipped.push(skip(place, NO_URL, text))
    else entries.push(entry)
  }
  return { entries, skipped }
}

/** Undefined for what is no URL. */
export function toList(url: string, action: RuleAction, title: string | undefined): PiholeEntry | undefined {
  return /^https?:\/\/\S+$/i.test(url) ? { kind: 'list', url, action, title } : undefined
}

function jsonRows(text: string): readonly Readonly<Record<string, unknown>>[] | undefined {
  try {
    const rows: unknown = JSON.parse(text)
    return Array.isArray(rows) ? rows.filter((row) => typeof row === 'object' && row !== null) : undefined
  } catch {
    return undefined
  }
}

/**
 * The line in which each row begins. In a string a quote is escaped, so only a row
 * has one right behind its brace.
 */
function linesOf(text: string): readonly number[] {
  let line = 1
  let from = 0
  return [...text.matchAll(/\{\s*"/g)].map(({ index }) => {
    line += text.slice(from, index).split('\n').length - 1
    from = index
    return line
  })
}

/** Why an entry is no list. */
export const NO_URL = 'not the URL of a list'
