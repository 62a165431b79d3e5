import { RE2JS } from 're2js'
import { type ParsedLine, rulesOf, skipped, syntaxProblem } from '../parsed-line.js'

/** A longer one is a program, not a pattern; the limit of other patterns. */
const MAX_REGEX = 256

/**
 * `/regex/`: RE2 syntax, so that no pattern can take more than linear time;
 * what RE2 lacks for that reason (look-around, back-references) is refused.
 */
export function parseRegex(line: string): ParsedLine | undefined {
  if (line.charCodeAt(0) !== 0x2f) return undefined
  const source = /^\/(.+)\/(?:\s+#.*)?$/.exec(line)?.[1]
  return source === undefined ? undefined : regexRule(source, 2)
}

/** @param column where the source starts in its line */
export function regexRule(source: string, column: number): ParsedLine {
  if (source.length > MAX_REGEX) {
    return syntaxProblem(column, `a regular expression of ${source.length} characters`, `at most ${MAX_REGEX} are read`)
  }
  // negated classes name the slash to stay within a path segment and still match a host
  if (source.replace(/\[\^[^\]]*\]/g, '').includes('/')) return skipped('regular expression for URLs')
  try {
    RE2JS.compile(source, RE2JS.CASE_INSENSITIVE)
  } catch (error) {
    const why = error instanceof Error ? error.message.replace(/^error parsing regexp: /, '') : String(error)
    return syntaxProblem(
      column,
      `the regular expression cannot be run in linear time or is malformed: ${why}`,
      'write RE2 syntax, without look-around and back-references, or a glob',
    )
  }
  return rulesOf('regex', [{ kind: 'regex', source }])
}
