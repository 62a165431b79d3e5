import { describeLine } from '../rules/describe-line.js'
import { type LintRule, ruleKey } from '../rules/lint/lint-rule.js'
import { collectTakenBack, readSource } from '../rules/lint/read-source.js'
import type { RuleMatch, RuleSource } from '../rules/rule.js'

export type RuleChanges = {
  /** Of the old set and not of the new one, in order. */
  readonly removed: readonly RuleMatch[]
  readonly added: readonly RuleMatch[]
  readonly unchanged: number
}

/**
 * What changes between two rule sets, by rule. A rule is the same wherever it
 * stands and in whichever form it is written; one that stands twice counts once.
 */
export function findRuleChanges(before: readonly RuleSource[], after: readonly RuleSource[]): RuleChanges {
  const old = rulesByKey(before)
  const now = rulesByKey(after)
  const removed = [...old].flatMap(([key, rule]) => (now.has(key) ? [] : toMatch(rule)))
  const added = [...now].flatMap(([key, rule]) => (old.has(key) ? [] : toMatch(rule)))
  return { removed, added, unchanged: old.size - removed.length }
}

function rulesByKey(sources: readonly RuleSource[]): ReadonlyMap<string, LintRule> {
  const takenBack = collectTakenBack(sources)
  const rules = new Map<string, LintRule>()
  for (const source of sources) {
    for (const rule of readSource(source, takenBack).rules) {
      const key = ruleKey(rule)
      if (!rules.has(key)) rules.set(key, rule)
    }
  }
  return rules
}

function toMatch({ source, line, offset, action, strength }: LintRule): RuleMatch {
  const level = strength < 2 ? action : (`${action}!` as const)
  return { action, level, list: source.name, line, ...describeLine(source.text, offset) }
}
