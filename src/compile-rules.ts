import { getRandomValues } from 'node:crypto'
import { type CompileOptions, compileSources } from './rules/compile.js'
import type { PrintKey } from './rules/compiled/suffix-prints.js'
import type { RuleSet, RuleSource } from './rules/rule.js'

/**
 * Texts of rules → an immutable rule set.
 *
 * @throws {InputError} naming everything wrong: lines of native files that cannot
 *   be understood, files without a rule, `default` lines that contradict each other
 */
export function compileRules(sources: readonly RuleSource[], options: CompileOptions = {}): RuleSet {
  return compileSources(sources, options, randomPrintKey())
}

/** A secret for a rule set: nobody can make up names that it takes for each other. */
export function randomPrintKey(): PrintKey {
  const [k0 = 0, k1 = 0] = getRandomValues(new Int32Array(2))
  return { k0, k1 }
}
