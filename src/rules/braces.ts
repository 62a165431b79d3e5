/** Where braces are wrong, with the offset in the text. */
export type BraceProblem = { readonly at: number; readonly message: string; readonly fix: string }

/**
 * How many texts `a{b,c}d` stands for, without building them: `{a,b}{a,b}…`
 * doubles with every five characters. Braces nest; ranges (`{1..9}`) are refused.
 */
export function branchCount(text: string): number | BraceProblem {
  // per open brace: alternatives finished so far, and those of the alternative being read
  const finished: number[] = []
  const opened: number[] = []
  let current = 1
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i)
    if (c === OPEN) {
      finished.push(current, 0)
      opened.push(i)
      current = 1
    } else if (c === COMMA && opened.length > 0) {
      finished.push((finished.pop() ?? 0) + current)
      current = 1
    } else if (c === CLOSE) {
      const start = opened.pop()
      if (start === undefined) return { at: i, message: 'a `}` without its `{`', fix: 'write `{a,b}`' }
      if (/^[^{},]*\.\.[^{},]*$/.test(text.slice(start + 1, i))) {
        return { at: start, message: 'ranges in braces are not read', fix: 'list the branches: `{1,2,3}`' }
      }
      const sum = (finished.pop() ?? 0) + current
      current = (finished.pop() ?? 1) * sum
    }
  }
  const [unclosed] = opened
  if (unclosed !== undefined) return { at: unclosed, message: 'a `{` without its `}`', fix: 'write `{a,b}`' }
  return current
}

/** Every text that balanced braces stand for, in the order written. */
export function expandBraces(text: string): string[] {
  const open = text.indexOf('{')
  if (open === -1) return [text]

  const alternatives: string[] = []
  let depth = 0
  let start = open + 1
  let i = open
  for (; i < text.length; i++) {
    const c = text.charCodeAt(i)
    if (c === OPEN) depth++
    else if (c === CLOSE && --depth === 0) break
    else if (c === COMMA && depth === 1) {
      alternatives.push(text.slice(start, i))
      start = i + 1
    }
  }
  alternatives.push(text.slice(start, i))

  const head = text.slice(0, open)
  const tails = expandBraces(text.slice(i + 1))
  return alternatives.flatMap(expandBraces).flatMap((middle) => tails.map((tail) => head + middle + tail))
}

const OPEN = 0x7b
const CLOSE = 0x7d
const COMMA = 0x2c
