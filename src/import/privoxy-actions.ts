/** One action of a section, `+block{reason}`. */
export type PrivoxyAction = {
  readonly sign: '+' | '-'
  readonly name: string
  /** What stands in its braces. */
  readonly value: string | undefined
}

/**
 * The actions of a section or an alias, aliases replaced by what they stand for.
 * A name that is neither an action nor an alias is kept as an action, to be reported.
 *
 * @param aliases by name in lower case; the sign is a part of the name
 */
export function expandActions(
  text: string,
  aliases: ReadonlyMap<string, readonly PrivoxyAction[]>,
): readonly PrivoxyAction[] {
  return words(text).flatMap((word) => {
    const alias = aliases.get(word.toLowerCase())
    if (alias !== undefined) return alias
    const [, sign = '', name = '', value] = /^([+-]?)([^{]*)(?:\{(.*)\})?$/s.exec(word) ?? []
    return { sign: sign === '-' ? '-' : '+', name: name.toLowerCase(), value }
  })
}

/** Split at white space outside of braces. */
function words(text: string): string[] {
  const found: string[] = []
  let word = ''
  let depth = 0
  for (const c of text) {
    if (c === '{') depth++
    if (c === '}') depth--
    if (depth === 0 && /\s/.test(c)) {
      if (word !== '') found.push(word)
      word = ''
    } else word += c
  }
  return word === '' ? found : [...found, word]
}
