import type { RuleMatch } from '../rules/rule.js'
import { escaped } from './escaped.js'

/** A rule in JSON answers. */
export function ruleToJson({ list, line, text, action, level, reason }: RuleMatch) {
  return { list, line, text, action, level, ...(reason !== undefined && { reason }) }
}

/** `FILE:LINE  text  # reason`, safe for a terminal. */
export function ruleToText({ list, line, text, reason }: RuleMatch): string {
  return `${list}:${line}  ${escaped(text)}${reason === undefined ? '' : `  # ${escaped(reason)}`}`
}
