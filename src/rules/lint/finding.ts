import type { Problem } from '../../errors.js'
import { describeLine } from '../describe-line.js'
import type { LintRule } from './lint-rule.js'

/** Something in a rule file that its author will want to know. */
export type Finding = Problem & {
  readonly severity: 'error' | 'warning'
  readonly code: string
}

/** What is wrong with a rule, without its place. */
export type Fault = Pick<Finding, 'severity' | 'code' | 'message' | 'fix'>

/** A fault at the line of its rule. */
export function findingAt({ source, line, column }: LintRule, fault: Fault): Finding {
  return { file: source.name, line, column, ...fault }
}

/** Another rule's line as a message names it: its number, with the file where that is another one. */
export function placeOf(rule: LintRule, from: LintRule): string {
  return rule.source.name === from.source.name ? `on line ${rule.line}` : `at ${rule.source.name}:${rule.line}`
}

/** A rule's line as written, without its reason. */
export function textOf({ source, offset }: LintRule): string {
  return describeLine(source.text, offset).text
}

/** True where the author says why, which is to say that the rule is meant as it is. */
export function hasReason({ source, offset }: LintRule): boolean {
  return describeLine(source.text, offset).reason !== undefined
}
