/** One part of a glob, between which nothing else can match. */
export type GlobToken =
  | { readonly kind: 'literal'; readonly text: string }
  /** `?` */
  | { readonly kind: 'one' }
  /** `*` */
  | { readonly kind: 'star' }
  /** `**`: also across `/`, in paths */
  | { readonly kind: 'globstar' }
  | { readonly kind: 'class'; readonly negated: boolean; readonly body: string }

/** True for a text that is more than a literal. */
export function hasWildcard(text: string): boolean {
  return WILDCARD.test(text)
}

/** Splits a glob whose syntax was found right; braces are expanded before. */
export function tokenizeGlob(glob: string): GlobToken[] {
  const tokens: GlobToken[] = []
  let literal = ''
  const flush = () => {
    if (literal !== '') tokens.push({ kind: 'literal', text: literal })
    literal = ''
  }
  for (let i = 0; i < glob.length; i++) {
    const c = glob[i]
    if (c === '*') {
      flush()
      const doubled = glob[i + 1] === '*'
      while (glob[i + 1] === '*') i++
      tokens.push({ kind: doubled ? 'globstar' : 'star' })
    } else if (c === '?') {
      flush()
      tokens.push({ kind: 'one' })
    } else if (c === '[') {
      flush()
      const close = glob.indexOf(']', i + 1)
      const negated = glob[i + 1] === '!' || glob[i + 1] === '^'
      tokens.push({ kind: 'class', negated, body: glob.slice(i + (negated ? 2 : 1), close) })
      i = close
    } else {
      literal += c
    }
  }
  flush()
  return tokens
}

/** The first fault of a glob without braces: brackets, classes, extglobs, escapes. */
export function syntaxOfGlob(glob: string): { at: number; message: string; fix: string } | undefined {
  const extglob = glob.search(/[@+!?*]\(/)
  if (extglob !== -1) {
    return { at: extglob, message: 'extended globs are not read', fix: 'write the branches in braces: `{a,b}`' }
  }
  const backslash = glob.indexOf('\\')
  if (backslash !== -1) return { at: backslash, message: 'globs have no escapes', fix: 'remove the `\\`' }
  for (let i = 0; i < glob.length; i++) {
    if (glob[i] === ']') return { at: i, message: 'a `]` without its `[`', fix: 'write `[abc]`' }
    if (glob[i] !== '[') continue
    const close = glob.indexOf(']', i + 1)
    if (close === -1) return { at: i, message: 'a `[` without its `]`', fix: 'write `[abc]`' }
    const body = glob.slice(i + 1, close).replace(/^[!^]/, '')
    if (body === '' || !CLASS_BODY.test(body))
      return { at: i, message: `\`[${body}]\` is no class of characters`, fix: 'write `[abc]` or `[a-z]`' }
    for (const range of body.matchAll(/(.)-(.)/g)) {
      if ((range[1] ?? '') > (range[2] ?? ''))
        return { at: i, message: `the range \`${range[0]}\` is backwards`, fix: 'write the lower end first' }
    }
    i = close
  }
  return undefined
}

/**
 * The glob as an RE2 regular expression, unanchored. `*` stays within a path
 * segment, `**` does not; in a host, which has no `/`, they are the same.
 */
export function globToRegex(glob: string): string {
  let regex = ''
  for (const token of tokenizeGlob(glob)) {
    if (token.kind === 'literal') regex += token.text.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&')
    else if (token.kind === 'one') regex += '[^/]'
    else if (token.kind === 'star') regex += '[^/]*'
    else if (token.kind === 'globstar') regex += '.*'
    else regex += `[${token.negated ? '^/' : ''}${token.body.replace(/^-|-$/g, '\\-')}]`
  }
  return regex
}

const WILDCARD = /[*?[\](){}\\]/
/** A `-` at either end is itself. */
const CLASS_BODY = /^-?(?:[a-z0-9._]-[a-z0-9._]|[a-z0-9._])*-?$/i
