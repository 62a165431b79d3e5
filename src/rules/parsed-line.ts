import type { Pattern, PatternProblem } from './pattern.js'
import type { RuleAction } from './rule.js'

/** The family of formats in which a line was recognised. */
export type LineFormat =
  | 'native'
  | 'hosts'
  | 'regex'
  | 'adblock'
  | 'dnsmasq'
  | 'unbound'
  | 'rpz'
  | 'clash'
  | 'v2fly'
  | 'url'
  | 'plain'

/** What one line of a rule file says. */
export type ParsedLine =
  /** Blank or comment: not even counted. */
  | { readonly kind: 'blank' }
  /** Understood, and nothing for a proxy to act on; counted under its reason. */
  | { readonly kind: 'skipped'; readonly reason: string }
  | LineProblem
  | ParsedRules
  | { readonly kind: 'default'; readonly action: RuleAction }
  /** `include FILE [as block|allow]` */
  | {
      readonly kind: 'include'
      readonly path: string
      readonly action: RuleAction | undefined
      readonly column: number
    }
  /** v2fly's `include:NAME @attribute`: a file in the same folder. */
  | { readonly kind: 'sibling'; readonly name: string; readonly attributes: readonly string[] }

export type ParsedRules = {
  readonly kind: 'rules'
  readonly format: LineFormat
  /** Undefined where the line states none: the source's action applies. */
  readonly action: RuleAction | undefined
  readonly important: boolean
  /** One rule each. */
  readonly patterns: readonly Pattern[]
  /** Hosts that the rule leaves alone, with their subdomains (`denyallow`). */
  readonly except?: readonly string[]
  /** The line takes back the rule that is otherwise equal to it. */
  readonly badfilter?: boolean
  /** A name of the line that could not be read, beside others that could. */
  readonly problem?: LineProblem
}

/** A line, or a part of it, that cannot be understood. `column` is 1-based. */
export type LineProblem = {
  readonly kind: 'problem'
  readonly code: 'syntax' | 'invalid-name'
  readonly column: number
  readonly message: string
  readonly fix: string
}

export const BLANK: ParsedLine = { kind: 'blank' }

export function skipped(reason: string): ParsedLine {
  return { kind: 'skipped', reason }
}

export function syntaxProblem(column: number, message: string, fix: string): LineProblem {
  return { kind: 'problem', code: 'syntax', column, message, fix }
}

/** Rules of a format whose lines state no action. */
export function rulesOf(format: LineFormat, patterns: readonly Pattern[], action?: RuleAction): ParsedRules {
  return { kind: 'rules', format, action, important: false, patterns }
}

/** One pattern of a line, or its problem placed at the column where the pattern starts. */
export function rulesOrProblem(
  format: LineFormat,
  pattern: Pattern | PatternProblem,
  column: number,
  action?: RuleAction,
): ParsedLine {
  return pattern.kind === 'problem' ? problemAt(pattern, column) : rulesOf(format, [pattern], action)
}

export function problemAt({ code, at, message, fix }: PatternProblem, column: number): LineProblem {
  return { kind: 'problem', code, column: column + at, message, fix }
}
