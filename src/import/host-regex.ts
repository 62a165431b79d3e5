import { regexRule } from '../rules/formats/regex.js'
import { type Pattern, parsePattern } from '../rules/pattern.js'

/** A pattern, or why the text is none. */
export type PatternOrReason = { readonly pattern: Pattern } | { readonly reason: string }

/**
 * A regular expression that is searched in hosts. What is only another way to
 * write a name, `(^|\.)ads\.example$`, becomes that name: it is found faster.
 */
export function hostRegex(source: string): PatternOrReason {
  const plain = /^(\(\\\.\|\^\)|\(\^\|\\\.\)|\^|\\\.)((?:[a-z0-9_-]|\\\.)+)\$$/i.exec(source)
  if (plain !== null) {
    const [, start = '', name = ''] = plain
    const prefix = start === '^' ? '' : start === '\\.' ? '*.' : '.'
    const pattern = parsePattern(prefix + name.replaceAll('\\.', '.'))
    if (pattern.kind !== 'problem') return { pattern }
  }
  const parsed = regexRule(source, 1)
  if (parsed.kind === 'rules' && parsed.patterns[0] !== undefined) return { pattern: parsed.patterns[0] }
  return { reason: parsed.kind === 'problem' ? parsed.message : 'regular expression for URLs' }
}

/** One token of the native grammar, or why it is none. */
export function nativePattern(text: string): PatternOrReason {
  const pattern = parsePattern(text)
  return pattern.kind === 'problem' ? { reason: pattern.message } : { pattern }
}
