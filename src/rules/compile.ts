import type { PrintKey } from './compiled/suffix-prints.js'
import type { RuleAction, RuleSet, RuleSource } from './rule.js'
import { createRuleUpdate } from './rule-update.js'

export type CompileOptions = {
  /** Beats `default` lines. */
  readonly default?: RuleAction
  /** For sources that state none. */
  readonly scope?: 'exact' | 'suffix'
}

/**
 * Texts of rules → an immutable rule set.
 *
 * @param key random, and the set's own: see suffix-prints.ts
 * @throws {InputError} naming everything wrong: lines of native files that cannot
 *   be understood, files without a rule, `default` lines that contradict each other
 */
export function compileSources(
  sources: readonly RuleSource[],
  { default: wanted, scope = 'exact' }: CompileOptions,
  key: PrintKey,
): RuleSet {
  const update = createRuleUpdate(undefined, { key, ...(wanted && { default: wanted }) })
  const encoder = new TextEncoder()
  for (const source of sources) {
    const bytes = encoder.encode(source.text)
    const reader = update.read(
      {
        name: source.name,
        action: source.action ?? 'block',
        scope: source.scope ?? scope,
        follows: ({ line }) => source.included?.has(line) ?? false,
      },
      bytes.length,
    )
    reader.feed(bytes)
    reader.end('')
  }
  return update.finish()
}
