import { isAlive, type Living, wholly } from './compiled/living.js'
import { EMPTY_SEGMENT } from './compiled/segment.js'
import { MAX_PRINTS, PRINT_WORDS, type PrintKey, printSuffixes } from './compiled/suffix-prints.js'
import { actionOf, isSameLine, levelOf, outranks } from './decide.js'
import type { RuleAction, RuleDecision, RuleMatch, RuleQuery, RuleSet, SourceCounts } from './rule.js'
import { parseTarget } from './target.js'

/** What a rule set is made of: one large segment and a small one with what changed since. Immutable. */
export type RuleSetState = {
  readonly key: PrintKey
  readonly base: Living
  readonly overlay: Living
  readonly size: number
  /** What `default` lines cannot change. */
  readonly wantedDefault: RuleAction | undefined
  /** Lines of adblock rules that are taken back, of all lists. */
  readonly badfilters: readonly string[]
  /** Lines that `with` has added so far. */
  readonly editedLines: number
  readonly defaultAction: RuleAction
  readonly defaultRule: RuleMatch | null
  readonly counts: readonly SourceCounts[]
}

/** A rule that was found, with all that weighs it. */
type Found = { readonly living: Living; readonly rule: number; readonly start: number; readonly strength: number }

/** What `with` does is given, so that this file only answers. */
export function createRuleSet(state: RuleSetState, edit: RuleSet['with']): RuleSet {
  const { key, base, overlay, defaultAction } = state
  const livings = [base, overlay]
  const byDefault: RuleDecision = { action: defaultAction, level: 'default', rule: null }
  const flags = livings.map(flagsOf)
  const hasAddressRules = flags.some(({ addresses }) => addresses)
  // shared by all lookups: they are synchronous, and none needs what another found
  const hostBytes = new Uint8Array(MAX_HOST_OCTETS)
  const prints = new Uint32Array(MAX_PRINTS * PRINT_WORDS)
  const found: number[] = []
  const best = { living: base, rule: -1, start: 0, strength: -1 }

  function printsOf({ host, family }: RuleQuery): number {
    const length = host.length
    if (family !== 0 || length > MAX_HOST_OCTETS) return 0
    for (let i = 0; i < length; i++) hostBytes[i] = host.charCodeAt(i)
    return printSuffixes(key, hostBytes, 0, length, true, prints)
  }

  /** Leaves the strongest of the rules in `found` that speak in `best`; `rule` -1 where none does. */
  function weigh(living: Living, query: RuleQuery): void {
    const { segment } = living
    for (let i = 0; i < found.length; i += 2) {
      const rule = found[i] as number
      const start = found[i + 1] as number
      const strength = segment.strengthOf(rule, query.host.length - start)
      if (strength < best.strength) continue
      if (!isAlive(living, segment.identify(rule)) || !segment.applies(rule, query)) continue
      if (strength === best.strength && best.rule !== -1 && !comesFirst(living, rule, best.living, best.rule)) continue
      best.living = living
      best.rule = rule
      best.start = start
      best.strength = strength
    }
  }

  function findByName(query: RuleQuery): void {
    best.rule = -1
    best.strength = -1
    const printed = printsOf(query)
    for (const living of livings) {
      if (living.segment.entries === 0) continue
      // most lookups find nothing, and setting a length is a call
      if (found.length > 0) found.length = 0
      living.segment.collect(query, prints, printed, found)
      if (found.length > 0) weigh(living, query)
    }
  }

  function findByAddress(query: RuleQuery, address: string): void {
    best.rule = -1
    best.strength = -1
    for (const living of livings) {
      found.length = 0
      living.segment.collectAddress(address, found)
      if (found.length > 0) weigh(living, query)
    }
  }

  function decisionOf(host: string): RuleDecision {
    const rule = best.living.segment.describe(best.rule, host.slice(best.start), defaultAction)
    return { action: rule.action, level: rule.level, rule }
  }

  function allFound(query: RuleQuery): Found[] {
    const printed = printsOf(query)
    return livings.flatMap((living) => {
      const { segment } = living
      found.length = 0
      segment.collect(query, prints, printed, found)
      const all: Found[] = []
      for (let i = 0; i < found.length; i += 2) {
        const rule = found[i] as number
        const start = found[i + 1] as number
        if (!isAlive(living, segment.identify(rule)) || !segment.applies(rule, query)) continue
        all.push({ living, rule, start, strength: segment.strengthOf(rule, query.host.length - start) })
      }
      return all
    })
  }

  const ruleSet: RuleSet = {
    size: state.size,
    defaultAction,
    defaultRule: state.defaultRule,
    hasUrlRules: flags.some(({ urls }) => urls),
    hasAddressRules,
    hasAddressAllows: flags.some(({ addressAllows }) => addressAllows),
    counts: state.counts,
    with: edit,

    decide(target) {
      const query = typeof target === 'string' ? parseTarget(target) : target
      findByName(query)
      return best.rule === -1 ? byDefault : decisionOf(query.host)
    },

    matches(target) {
      const query = typeof target === 'string' ? parseTarget(target) : target
      const inOrder = allFound(query).toSorted(
        (a, b) => b.strength - a.strength || (comesFirst(a.living, a.rule, b.living, b.rule) ? -1 : 1),
      )
      const matches: RuleMatch[] = []
      for (const { living, rule, start } of inOrder) {
        const match = living.segment.describe(rule, query.host.slice(start), defaultAction)
        if (!matches.some((other) => isSameLine(other, match))) matches.push(match)
      }
      return matches
    },

    decideCnames(byName, query, cnames) {
      if (byName.action === 'block' && byName.level !== 'default') return byName
      let strongest = byName
      for (const cname of cnames) {
        findByName({ host: cname, port: query.port, family: 0, path: undefined })
        if (best.rule === -1 || !outranks(levelOf(best.strength), strongest.level)) continue
        strongest = { ...decisionOf(cname), cname }
      }
      return strongest.action === 'block' ? strongest : byName
    },

    decideAddresses(byName, query, addresses) {
      // a block by name is given before DNS is asked: no address can lift it
      if (!hasAddressRules || (byName.action === 'block' && byName.level !== 'default')) return byName
      let allowed: RuleDecision | undefined
      let unchanged = addresses.length === 0
      for (const address of addresses) {
        findByAddress(query, address)
        const byAddress =
          best.rule === -1 || !outranks(levelOf(best.strength), byName.level) ? byName : decisionOf(query.host)
        // any of the addresses may be dialled, so each of them must be allowed
        if (byAddress.action === 'block') return byAddress
        if (byAddress === byName) unchanged = true
        else if (allowed === undefined || outranks(byAddress.level, allowed.level)) allowed = byAddress
      }
      return unchanged ? byName : (allowed ?? byName)
    },
  }
  STATES.set(ruleSet, state)
  return ruleSet
}

/** What a rule set was made of, for the one that is made from it. */
export function stateOf(ruleSet: RuleSet): RuleSetState | undefined {
  return STATES.get(ruleSet)
}

/** True for two sets of the same lists in the same order, of which none was read anew for the second. */
export function hasSameRules(a: RuleSet, b: RuleSet): boolean {
  const [one, other] = [stateOf(a), stateOf(b)]
  return one !== undefined && other !== undefined && isSame(one.base, other.base) && isSame(one.overlay, other.overlay)
}

function isSame(a: Living, b: Living): boolean {
  const { segment, ranks, removed } = a
  return segment === b.segment && removed === b.removed && ranks.join() === b.ranks.join()
}

const STATES = new WeakMap<RuleSet, RuleSetState>()

export const NOTHING: Living = wholly(EMPTY_SEGMENT, new Int32Array(0))

/** RFC 1035 §2.3.4 */
const MAX_HOST_OCTETS = 253

/** Among equally strong rules: the first list, then the first line. */
function comesFirst(a: Living, rule: number, b: Living, other: number): boolean {
  const rank = (a.ranks[a.segment.sourceOf(rule)] as number) - (b.ranks[b.segment.sourceOf(other)] as number)
  return rank === 0 ? a.segment.lineOf(rule) < b.segment.lineOf(other) : rank < 0
}

type Flags = { readonly urls: boolean; readonly addresses: boolean; readonly addressAllows: boolean }

/** Which kinds of rules count that make a decision depend on more than the name. */
function flagsOf(living: Living): Flags {
  const { segment } = living
  const { rows, tables, names } = segment
  let urls = false
  let addresses = false
  let addressAllows = false
  if (!tables.hasUrls && tables.addresses.size === 0) return { urls, addresses, addressAllows }
  for (const [row, { kind }] of tables.patterns) {
    if ((kind !== 'url' && kind !== 'address') || !isAlive(living, names.size + row)) continue
    if (kind === 'url') urls = true
    else {
      addresses = true
      addressAllows ||= actionOf(levelOf(rows.strengths[row] as number), 'block') === 'allow'
    }
    if (urls && addressAllows) break
  }
  return { urls, addresses, addressAllows }
}
