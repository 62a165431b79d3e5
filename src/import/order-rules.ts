import { type Branch, branchesOf } from '../rules/lint/lint-rule.js'
import type { RuleAction } from '../rules/rule.js'
import { type Draft, type ImportedRule, type Skipped, skip } from './imported.js'
import { mayOverlap } from './overlap.js'

export type Ordered = { readonly rules: readonly ImportedRule[]; readonly skipped: readonly Skipped[] }

/** What an `allow` that no `block` needs is reported as, instead of being a rule. */
export type OrderOptions = { readonly idleAllow?: string }

/**
 * Rules of which the first that matches decides → rules of veilgate, whose level
 * decides. Each gets the weakest level of its action that beats every later rule
 * of the other action with which it can meet. Where the four levels do not
 * suffice, or DNS is asked at another moment, the rule is kept and the
 * difference reported.
 *
 * @param drafts strongest first
 * @param defaultAction what happens where none matches
 */
export function orderRules(
  drafts: readonly Draft[],
  defaultAction: RuleAction,
  { idleAllow }: OrderOptions = {},
): Ordered {
  const rules: ImportedRule[] = []
  const skipped: Skipped[] = []
  const weaker = { allow: createIndex(), block: createIndex() }
  for (const draft of drafts.toReversed()) {
    const { action, text, ...rest } = draft
    const opposite = weaker[action === 'allow' ? 'block' : 'allow']
    const branches = branchesOf(draft.pattern)
    const beaten = Math.max(...branches.map((branch) => opposite.strongest(branch, action)))
    const isIdle = action === 'allow' && defaultAction === 'allow' && beaten === NONE
    if (isIdle && idleAllow !== undefined) {
      skipped.push(skip(draft, idleAllow, text))
      continue
    }
    const level = levelAbove(action, beaten)
    if (LEVELS.indexOf(level) <= beaten) skipped.push(skip(draft, TOO_MANY_TURNS, text))
    if (action === 'allow' && opposite.hasNames && branches.some(({ kind }) => kind === 'address'))
      skipped.push(skip(draft, AFTER_NAMES, text))
    for (const branch of branches) weaker[action].add(branch, LEVELS.indexOf(level))
    rules.push({ ...rest, text, level })
  }
  return { rules: rules.toReversed(), skipped: skipped.toReversed() }
}

const LEVELS = ['block', 'allow', 'block!', 'allow!'] as const
const NONE = -1
const TOO_MANY_TURNS = 'kept, but a rule that it should override wins where both match: exceptions go no deeper here'
const AFTER_NAMES =
  'kept, but a block by name is decided before DNS, so it does not lift one for names that resolve to it'

function levelAbove(action: RuleAction, beaten: number): (typeof LEVELS)[number] {
  const usual = LEVELS.indexOf(action)
  return usual > beaten ? action : `${action}!`
}

/** Rules of one action, to be asked for the strongest that a pattern can meet. */
function createIndex() {
  /** Names on any port, which most rules are, by name: a walk along the labels finds those that meet. */
  const hosts = new Map<string, number>()
  const suffixes = new Map<string, number>()
  const below = new Map<string, number>()
  const names: { readonly branch: Branch; readonly rank: number }[] = []
  const others: { readonly branch: Branch; readonly rank: number }[] = []

  return {
    /** Some rule is for names. */
    get hasNames() {
      return names.length > 0 || others.some(({ branch }) => branch.kind !== 'address')
    },

    add(branch: Branch, rank: number) {
      const name = nameOf(branch)
      if (name === undefined) {
        others.push({ branch, rank })
        return
      }
      names.push({ branch, rank })
      raise(branch.kind === 'host' ? hosts : suffixes, name, rank)
      for (const suffix of suffixesOf(name)) raise(below, suffix, rank)
    },

    strongest(branch: Branch, action: RuleAction): number {
      const meets = (other: Branch) => mayOverlap(branch, other) || meetsAfterDns(branch, other, action)
      const name = nameOf(branch)
      let strongest = strongestOf(others, meets)
      if (name === undefined) return Math.max(strongest, strongestOf(names, meets))
      strongest = Math.max(strongest, (branch.kind === 'host' ? hosts : below).get(name) ?? NONE)
      for (const suffix of suffixesOf(name)) strongest = Math.max(strongest, suffixes.get(suffix) ?? NONE)
      return strongest
    },
  }
}

/** An address that is blocked refuses a name that is allowed, once DNS has answered; never the other way round. */
function meetsAfterDns(branch: Branch, other: Branch, action: RuleAction): boolean {
  const [blocked, allowed] = action === 'block' ? [branch, other] : [other, branch]
  return blocked.kind === 'address' && allowed.kind !== 'address'
}

function strongestOf(rules: readonly { branch: Branch; rank: number }[], meets: (branch: Branch) => boolean): number {
  let strongest = NONE
  for (const { branch, rank } of rules) if (rank > strongest && meets(branch)) strongest = rank
  return strongest
}

function nameOf(branch: Branch): string | undefined {
  if (branch.kind === 'host') return branch.port === 0 ? branch.host : undefined
  return branch.kind === 'suffix' && branch.port === 0 ? branch.suffix : undefined
}

function* suffixesOf(name: string): Generator<string> {
  for (let start = 0; start !== -1; start = name.indexOf('.', start) + 1 || -1) yield name.slice(start)
}

function raise(ranks: Map<string, number>, name: string, rank: number): void {
  if ((ranks.get(name) ?? NONE) < rank) ranks.set(name, rank)
}
