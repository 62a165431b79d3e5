import type { LineFormat } from '../parsed-line.js'
import type { Pattern } from '../pattern.js'
import type { RuleAction, RuleSource } from '../rule.js'

/** One pattern of one line, with all that the checks ask about it. */
export type LintRule = {
  readonly source: RuleSource
  /** 1-based. */
  readonly line: number
  readonly column: number
  /** Where the line starts in the text. */
  readonly offset: number
  readonly format: LineFormat
  readonly action: RuleAction
  /** Precedence: 0 `block`, 1 `allow`, 2 `block!`, 3 `allow!`. */
  readonly strength: number
  readonly pattern: Pattern
  readonly except: readonly string[] | undefined
}

/** A pattern that braces do not multiply. */
export type Branch = Exclude<Pattern, { readonly kind: 'branches' }>

/** What a pattern stands for once its braces are written out. */
export function branchesOf(pattern: Pattern): readonly Branch[] {
  return pattern.kind === 'branches' ? pattern.branches.flatMap(branchesOf) : [pattern]
}

/** Equal for rules that say the same, in whatever form. */
export function ruleKey({ strength, pattern, except }: LintRule): string {
  const branches = branchesOf(pattern)
  const key = branches.length === 1 ? patternKey(pattern) : branches.map(patternKey).toSorted().join()
  return except === undefined ? `${strength}${key}` : `${strength}${key} ${except.toSorted().join('|')}`
}

/** Equal for patterns that match the same because they are the same; a text that no two patterns share. */
export function patternKey(pattern: Pattern): string {
  switch (pattern.kind) {
    case 'host':
      return pattern.port === 0 ? pattern.host : `${pattern.host}:${pattern.port}`
    case 'suffix':
      return `${pattern.reach === 'all' ? '' : pattern.reach}.${pattern.suffix}:${pattern.port}`
    case 'address':
      return `${pattern.cidr.address}/${pattern.cidr.prefix}:${pattern.port}`
    case 'glob':
      return `glob ${pattern.glob}:${pattern.port}`
    case 'regex':
      return `/${pattern.source}/`
    case 'url':
      return `url ${patternKey(pattern.host)} ${pattern.path}${pattern.below ? ' below' : ''}`
    case 'branches':
      return pattern.branches.map(patternKey).join()
  }
}
