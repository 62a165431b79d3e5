import type { Pattern } from '../pattern.js'
import type { RuleQuery } from '../rule.js'
import type { RuleTable } from '../table.js'
import { type AddressTable, createAddressTable } from '../tables/address-table.js'
import { createGlobTable } from '../tables/glob-table.js'
import { createRegexTable } from '../tables/regex-table.js'
import { createUrlTable } from '../tables/url-table.js'

/** Rules that are not found by the print of a name, by the number of their row. */
export type PatternTables = {
  readonly addresses: AddressTable
  /** Rows with their patterns, in order. */
  readonly patterns: ReadonlyMap<number, Pattern>
  readonly hasUrls: boolean
  add(pattern: Pattern, row: number): void
  /** To be called when all are added: no lookup waits for what can be done before. */
  settle(): void
  collect(query: RuleQuery, found: number[]): void
}

/** Patterns are offered to the tables in order; the first that can index one keeps it. */
export function createPatternTables(): PatternTables {
  const addresses = createAddressTable()
  const tables: readonly RuleTable[] = [addresses, createUrlTable(), createGlobTable(), createRegexTable()]
  const patterns = new Map<number, Pattern>()
  let hasUrls = false

  return {
    addresses,
    patterns,
    get hasUrls() {
      return hasUrls
    },
    add(pattern, row) {
      patterns.set(row, pattern)
      hasUrls ||= pattern.kind === 'url'
      tables.some((table) => table.tryAdd(pattern, row))
    },
    settle() {
      for (const table of tables) table.settle?.()
    },
    collect(query, found) {
      if (patterns.size === 0) return
      for (const table of tables) table.collect(query, found)
    },
  }
}
