/**
 * The longest text that every match of a regular expression contains, in lower
 * case; empty where none is certain. Looks only at what stands outside of
 * groups, classes and alternatives, and gives up at any escape it does not
 * know: too short an answer costs time, a wrong one a match.
 *
 * @param source valid RE2 syntax, case ignored
 */
export function requiredLiteral(source: string): string {
  let longest = ''
  let run = ''
  let depth = 0
  const endRun = () => {
    if (run.length > longest.length) longest = run
    run = ''
  }

  for (let i = 0; i < source.length; i++) {
    const c = source.charAt(i)
    if (c === '\\') {
      i++
      const escaped = source.charAt(i)
      if (/[.\-_/]/.test(escaped)) {
        if (depth === 0) run += escaped
      } else if (/[dDwWsSbB]/.test(escaped)) endRun()
      else return ''
    } else if (c === '[') {
      endRun()
      i = endOfClass(source, i)
    } else if (c === '(') {
      endRun()
      depth++
    } else if (c === ')') {
      depth--
    } else if (c === '|' && depth === 0) {
      return ''
    } else if (c === '*' || c === '?') {
      run = run.slice(0, -1)
      endRun()
    } else if (c === '{') {
      run = run.slice(0, -1)
      endRun()
      i = source.indexOf('}', i)
      if (i === -1) return ''
    } else if (depth === 0 && /[a-zA-Z0-9_-]/.test(c)) {
      run += c.toLowerCase()
    } else {
      // `+` keeps the character before it, which is there at least once
      endRun()
    }
  }
  endRun()
  return longest
}

/** Offset of the `]` that ends the class; a `]` right at its start is a member. */
function endOfClass(source: string, open: number): number {
  let i = open + 1
  if (source.charAt(i) === '^') i++
  if (source.charAt(i) === ']') i++
  for (; i < source.length; i++) {
    const c = source.charAt(i)
    if (c === '\\') i++
    else if (c === '[' && source.charAt(i + 1) === ':') i = source.indexOf(':]', i) + 1
    else if (c === ']') return i
  }
  return i
}
