import { splitReason } from './parse.js'

/** Text and reason of the line that starts at an offset; what a match shows of its rule. */
export function describeLine(
  text: string,
  offset: number,
): { readonly text: string; readonly reason: string | undefined } {
  const end = text.indexOf('\n', offset)
  return splitReason(text.slice(offset, end === -1 ? text.length : end))
}
