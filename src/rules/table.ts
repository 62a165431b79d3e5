import type { Pattern } from './pattern.js'
import type { RuleQuery } from './rule.js'

/**
 * An index over the rules of some kinds. Patterns are offered to tables in
 * order; the first that can index one keeps it (urlfilter's arrangement).
 */
export type RuleTable = {
  readonly name: string
  /** False where this table does not index such patterns. */
  tryAdd(pattern: Pattern, id: number): boolean
  /** Does now what the first lookup would otherwise wait for. */
  settle?(): void
  /**
   * Pushes the id of every rule that matches, each once, ports aside: the port
   * of a rule is compared where rules are weighed (rule-set.ts).
   */
  collect(query: RuleQuery, found: number[]): void
}
