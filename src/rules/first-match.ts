import { parseNative } from './formats/native.js'
import type { LineProblem } from './parsed-line.js'
import type { Pattern } from './pattern.js'
import type { RuleQuery } from './rule.js'
import type { RuleTable } from './table.js'
import { createAddressTable } from './tables/address-table.js'
import { createExactHostTable } from './tables/exact-host-table.js'
import { createGlobTable } from './tables/glob-table.js'
import { createHostSuffixTable } from './tables/host-suffix-table.js'
import { createRegexTable } from './tables/regex-table.js'

/**
 * A pattern as it stands behind `block` or `allow` in a rule file, for what is
 * chosen by host and port alone.
 */
export function parseHostRule(text: string): readonly Pattern[] | LineProblem {
  if (/^\s|\s$|[\r\n]/.test(text)) return problem(1, 'white space around a pattern', 'take it out')
  const parsed = parseNative(`allow ${text}`)
  if (parsed?.kind === 'problem') return { ...parsed, column: Math.max(1, parsed.column - 'allow '.length) }
  if (parsed?.kind !== 'rules' || (parsed.except ?? []).length > 0) {
    return problem(1, `\`${text}\` is no pattern of a host`, 'write one such as example.com, .example.com or *.onion')
  }
  const patterns = parsed.patterns.flatMap(flattened)
  if (patterns.some(({ kind }) => kind === 'url')) {
    return problem(1, `\`${text}\` asks for a path, which only http:// requests show`, 'write the host alone')
  }
  return patterns
}

/**
 * Lists of patterns asked in order.
 *
 * @returns the place of the first list that has a pattern for a target, -1 where none has. Address patterns match
 *   targets that are written as an address: no name is looked up.
 */
export function createFirstMatch(lists: readonly (readonly Pattern[])[]): (query: RuleQuery) => number {
  const tables: readonly RuleTable[] = [
    createExactHostTable(),
    createHostSuffixTable(),
    createAddressTable(),
    createGlobTable(),
    createRegexTable(),
  ]
  const entries = lists.flatMap((patterns, list) => patterns.map((pattern) => ({ pattern, list })))
  for (const [id, { pattern }] of entries.entries()) tables.some((table) => table.tryAdd(pattern, id))
  const found: number[] = []

  return function firstMatch(query) {
    found.length = 0
    for (const table of tables) table.collect(query, found)
    let first = -1
    for (const id of found) {
      const entry = entries[id]
      if (entry === undefined || !isPortOf(entry.pattern, query.port)) continue
      if (first === -1 || entry.list < first) first = entry.list
    }
    return first
  }
}

function flattened(pattern: Pattern): readonly Pattern[] {
  return pattern.kind === 'branches' ? pattern.branches.flatMap(flattened) : [pattern]
}

function isPortOf(pattern: Pattern, port: number): boolean {
  return !('port' in pattern) || pattern.port === 0 || pattern.port === port
}

function problem(column: number, message: string, fix: string): LineProblem {
  return { kind: 'problem', code: 'syntax', column, message, fix }
}
