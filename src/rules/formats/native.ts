import { type ParsedLine, problemAt, syntaxProblem } from '../parsed-line.js'
import { parsePattern } from '../pattern.js'
import type { RuleAction } from '../rule.js'
import { parseAdblock } from './adblock.js'
import { parseRegex } from './regex.js'

/**
 * `block`, `block!`, `allow`, `allow!`, `default`, `include` and white space.
 *
 * @param line trimmed, without its reason
 */
export function parseNative(line: string): ParsedLine | undefined {
  const first = line.charCodeAt(0)
  if (first !== 0x62 && first !== 0x61 && first !== 0x64 && first !== 0x69) return undefined
  if (BARE_VERB.test(line)) {
    return syntaxProblem(
      1,
      `\`${line}\` says nothing alone`,
      `write \`${line} …\`, or \`block ${line}\` for a host of this name`,
    )
  }
  const verb = VERB.exec(line)
  if (verb === null) return undefined
  const word = verb[1] ?? ''
  const start = verb[0].length
  const rest = line.slice(start)

  if (word === 'include') return parseInclude(rest, start + 1)
  if (word === 'default') {
    if (rest === 'allow' || rest === 'block') return { kind: 'default', action: rest }
    return syntaxProblem(start + 1, `\`default ${rest}\` is neither of two`, 'write `default allow` or `default block`')
  }
  const important = word.endsWith('!')
  return parseRule(rest, start + 1, word.startsWith('allow') ? 'allow' : 'block', important)
}

/** True for a line that starts with a verb: its file is held to the native grammar. */
export function isNative(line: string): boolean {
  return VERB.test(line)
}

function parseRule(rest: string, column: number, action: RuleAction, important: boolean): ParsedLine {
  if (rest.startsWith('#')) return syntaxProblem(column, 'the pattern is missing', 'write it before the reason')
  if (rest.startsWith('@@')) {
    return syntaxProblem(column, '`@@` and a verb both say what to do', 'write `allow ||x^`, or `@@||x^` alone')
  }
  const other = parseRegex(rest) ?? (rest.startsWith('|') ? parseAdblock(rest) : undefined)
  if (other !== undefined) {
    if (other.kind === 'problem') return { ...other, column: other.column + column - 1 }
    if (other.kind === 'rules') return { ...other, format: 'native', action, important: important || other.important }
    return other
  }
  const space = rest.search(/\s/)
  if (space !== -1) {
    return syntaxProblem(
      column + space,
      'more than one pattern on a line',
      'write one rule a line, a reason after ` # `',
    )
  }
  const pattern = parsePattern(rest)
  if (pattern.kind === 'problem') return problemAt(pattern, column)
  return { kind: 'rules', format: 'native', action, important, patterns: [pattern] }
}

function parseInclude(rest: string, column: number): ParsedLine {
  const as = /\s+as\s+(\S+)$/.exec(rest)
  const path = as === null ? rest : rest.slice(0, as.index)
  const action = as?.[1]
  if (action === undefined) return { kind: 'include', path, action: undefined, column }
  if (action === 'block' || action === 'allow') return { kind: 'include', path, action, column }
  return syntaxProblem(
    column + rest.length - action.length,
    `\`as ${action}\` is no action`,
    'write `as block` or `as allow`',
  )
}

const VERB = /^(block!?|allow!?|default|include)\s+(?=\S)/
const BARE_VERB = /^(?:block!?|allow!?|default|include)$/
