import type { SegmentSource } from './compiled/segment.js'
import { sourcesInOrder } from './conclude.js'
import type { RuleSet } from './rule.js'
import { type RuleSetState, stateOf } from './rule-set.js'
import { createRuleUpdate, type RuleUpdate } from './rule-update.js'

/** Identity of the content of a subscribed list: a rule file with the same name and text is another source. */
export function listKey(sha256: string): string {
  return `${sha256}${LIST_KEY_END}`
}

const LIST_KEY_END = ' list'

/** The digest that a key was made of. */
export function digestOf(key: string): string {
  return key.slice(0, -LIST_KEY_END.length)
}

/** The subscribed lists of a rule set, in their order. */
export function listsOf(ruleSet: RuleSet): readonly SegmentSource[] {
  const state = stateOf(ruleSet)
  return state === undefined ? [] : sourcesOf(state).filter(isList)
}

/**
 * A rule set in which everything but the subscribed lists stays: these follow, in
 * the order in which the update keeps or reads them, and are left out where it
 * does neither.
 *
 * @throws {TypeError} somebody else's implementation of a rule set
 */
export function createListUpdate(ruleSet: RuleSet): RuleUpdate {
  const state = stateOf(ruleSet)
  if (state === undefined) throw new TypeError('lists can be added only to rules that compileRules made')
  const { key, wantedDefault } = state
  const update = createRuleUpdate(ruleSet, { key, ...(wantedDefault && { default: wantedDefault }) })
  for (const source of sourcesOf(state)) if (!isList(source)) update.keep(source, source.key)
  return update
}

function sourcesOf({ base, overlay }: RuleSetState): readonly SegmentSource[] {
  return sourcesInOrder([base, overlay]).map(({ source }) => source)
}

function isList({ key }: SegmentSource): boolean {
  return key.endsWith(LIST_KEY_END)
}
