import { Lexer, Parser } from 'yaml'

/** Far more than any file of ours or of another tool has. */
export const MAX_YAML_DEPTH = 100

/**
 * The YAML library calls itself for each level, and some hundred levels can end the process: an engine without stack for
 * a regular expression aborts. So the levels are counted first, which needs no call for each.
 *
 * @returns the offset, in UTF-16 units, at which a text is nested deeper than `MAX_YAML_DEPTH`; undefined for any other
 */
export function tooDeepAt(text: string): number | undefined {
  const parser = new Parser()
  for (const lexeme of new Lexer().lex(text)) {
    Array.from(parser.next(lexeme))
    // one for the document, and at most one for a scalar
    if (parser.stack.length > MAX_YAML_DEPTH + 2) return parser.offset - lexeme.length
  }
  return undefined
}
