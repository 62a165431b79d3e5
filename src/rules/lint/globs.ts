import { compileSources } from '../compile.js'
import type { RuleSet } from '../rule.js'
import { branchesOf, type LintRule } from './lint-rule.js'

/** Answers with the globs and regular expressions that match a name on any port. */
export type GlobMatches = (host: string) => readonly LintRule[]

/**
 * The rules among these that are globs or regular expressions for every port,
 * compiled to be asked for names. Undefined where there are none.
 */
export function compileGlobs(rules: readonly LintRule[]): GlobMatches | undefined {
  const asked = rules.filter(({ pattern, except }) => except === undefined && branchesOf(pattern).every(isFreeGlob))
  if (asked.length === 0) return undefined
  const source = { name: 'globs', text: asked.map(lineOf).join('\n') }
  const set: RuleSet = compileSources([source], {}, NO_NAMES_TO_PRINT)
  return (host) =>
    set.matches({ host, port: 443, family: 0, path: undefined }).flatMap(({ line }) => asked[line - 1] ?? [])
}

/** Whole: without its reason a line may have another form. */
function lineOf({ source, offset }: LintRule): string {
  const end = source.text.indexOf('\n', offset)
  return source.text.slice(offset, end === -1 ? source.text.length : end)
}

function isFreeGlob(branch: ReturnType<typeof branchesOf>[number]): boolean {
  return branch.kind === 'regex' || (branch.kind === 'glob' && branch.port === 0)
}

/** Globs and regular expressions are not found by print, so there is nothing to keep secret. */
const NO_NAMES_TO_PRINT = { k0: 0, k1: 0 }
