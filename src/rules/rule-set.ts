import { actionOf, isExcepted, isSameLine, levelOf, outranks } from './decide.js'
import { describeLine } from './describe-line.js'
import type { Pattern } from './pattern.js'
import type { RuleAction, RuleDecision, RuleMatch, RuleQuery, RuleSet, RuleSource, SourceCounts } from './rule.js'
import type { RuleRows } from './rule-rows.js'
import type { RuleTable } from './table.js'
import { type AddressTable, createAddressTable } from './tables/address-table.js'
import { createExactHostTable } from './tables/exact-host-table.js'
import { createGlobTable } from './tables/glob-table.js'
import { createHostSuffixTable } from './tables/host-suffix-table.js'
import { createRegexTable } from './tables/regex-table.js'
import { createUrlTable } from './tables/url-table.js'
import { parseTarget } from './target.js'

/** Where the rules of a set are found; filled by compile.ts. */
export type RuleIndex = {
  readonly addresses: AddressTable
  add(pattern: Pattern, id: number): void
  collect(query: RuleQuery, found: number[]): void
}

export type RuleSetParts = {
  readonly sources: readonly RuleSource[]
  readonly rows: RuleRows
  readonly index: RuleIndex
  /** `denyallow` of the few rules that have it. */
  readonly exceptions: ReadonlyMap<number, readonly string[]>
  readonly size: number
  readonly defaultAction: RuleAction
  readonly defaultRule: RuleMatch | null
  readonly hasUrlRules: boolean
  readonly hasAddressAllows: boolean
  readonly counts: readonly SourceCounts[]
  readonly with: RuleSet['with']
}

/** Literals and suffixes have their own tables and never reach a glob. */
export function createRuleIndex(): RuleIndex {
  const addresses = createAddressTable()
  const tables: readonly RuleTable[] = [
    createExactHostTable(),
    createHostSuffixTable(),
    addresses,
    createUrlTable(),
    createGlobTable(),
    createRegexTable(),
  ]
  return {
    addresses,
    add(pattern, id) {
      tables.some((table) => table.tryAdd(pattern, id))
    },
    collect(query, found) {
      for (const table of tables) table.collect(query, found)
    },
  }
}

export function createRuleSet(parts: RuleSetParts): RuleSet {
  const { sources, rows, index, exceptions, defaultAction } = parts
  const byDefault: RuleDecision = { action: defaultAction, level: 'default', rule: null }
  // one array for all lookups: they are synchronous, and none needs what another found
  const found: number[] = []

  function applies(id: number, { host, port }: RuleQuery): boolean {
    const only = rows.portOf(id)
    if (only !== 0 && only !== port) return false
    if (exceptions.size === 0) return true
    const except = exceptions.get(id)
    return except === undefined || !isExcepted(host, except)
  }

  /** The strongest of the rules in `found` that apply, -1 where none does. */
  function winner(query: RuleQuery): number {
    let best = -1
    let bestStrength = -1
    for (const id of found) {
      const strength = rows.strengthOf(id)
      if (strength < bestStrength || (strength === bestStrength && id > best)) continue
      if (!applies(id, query)) continue
      best = id
      bestStrength = strength
    }
    return best
  }

  function toDecision(id: number): RuleDecision {
    const rule = toMatch(id)
    return { action: rule.action, level: rule.level, rule }
  }

  function toMatch(id: number): RuleMatch {
    const level = levelOf(rows.strengthOf(id))
    const source = sources[rows.sourceOf(id)]
    return {
      action: actionOf(level, defaultAction),
      level,
      list: source?.name ?? '',
      line: rows.lineOf(id),
      ...describeLine(source?.text ?? '', rows.offsetOf(id)),
    }
  }

  return {
    size: parts.size,
    defaultAction,
    defaultRule: parts.defaultRule,
    hasUrlRules: parts.hasUrlRules,
    hasAddressRules: index.addresses.size > 0,
    hasAddressAllows: parts.hasAddressAllows,
    counts: parts.counts,
    with: parts.with,

    decide(target) {
      const query = typeof target === 'string' ? parseTarget(target) : target
      found.length = 0
      index.collect(query, found)
      const best = winner(query)
      return best === -1 ? byDefault : toDecision(best)
    },

    matches(target) {
      const query = typeof target === 'string' ? parseTarget(target) : target
      found.length = 0
      index.collect(query, found)
      const ids = found.filter((id) => applies(id, query))
      ids.sort((a, b) => rows.strengthOf(b) - rows.strengthOf(a) || a - b)
      const matches: RuleMatch[] = []
      for (const match of ids.map(toMatch)) if (!matches.some((other) => isSameLine(other, match))) matches.push(match)
      return matches
    },

    decideAddresses(byName, query, addresses) {
      // a block by name is given before DNS is asked: no address can lift it
      if (index.addresses.size === 0 || (byName.action === 'block' && byName.level !== 'default')) return byName
      let allowed: RuleDecision | undefined
      let unchanged = addresses.length === 0
      for (const address of addresses) {
        found.length = 0
        index.addresses.collectAddress(address, found)
        const best = winner(query)
        const byAddress =
          best === -1 || !outranks(levelOf(rows.strengthOf(best)), byName.level) ? byName : toDecision(best)
        // any of the addresses may be dialled, so each of them must be allowed
        if (byAddress.action === 'block') return byAddress
        if (byAddress === byName) unchanged = true
        else if (allowed === undefined || outranks(byAddress.level, allowed.level)) allowed = byAddress
      }
      return unchanged ? byName : (allowed ?? byName)
    },
  }
}
