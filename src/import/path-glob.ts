import { branchCount, expandBraces } from '../rules/braces.js'

/**
 * The start of a path, written as a regular expression, as a glob of the native
 * grammar: `/ads/.*\.gif` → `/ads/**.gif**`. Undefined for what globs cannot say:
 * repetitions of more than one character's choice, look-around, back-references.
 *
 * `.` becomes `?`, which leaves out the slash; an escaped `?` becomes `?` too.
 *
 * @param source anchored at its start by what surrounds it, open at its end unless it ends in `$`
 */
export function pathGlob(source: string): string | undefined {
  const end = /(?<!\\)\$$/.test(source)
  const reader = { text: end ? source.slice(0, -1) : source, at: 0 }
  const alternatives = readAlternatives(reader)
  if (alternatives === undefined || reader.at < reader.text.length) return undefined
  // the end is that of the last alternative alone
  if (end && alternatives.length > 1) return undefined
  const marked = unbraced(`{${alternatives.join(',')}}`).replaceAll(/\0+/g, WITHIN_SEGMENT)
  if (count(marked) > MAX_BRANCHES || expandBraces(marked).some((branch) => branch.includes(TWO_STARS)))
    return undefined
  const glob = marked.replaceAll(WITHIN_SEGMENT, '*').replaceAll(/\*{3,}/g, '**')
  return end || glob.endsWith('**') ? glob : `${glob}**`
}

/** As `pathGlob`, of an expression that is searched anywhere in a path unless it begins with `^`. */
export function pathGlobAnywhere(source: string): string | undefined {
  if (source.startsWith('^')) return source.startsWith('^/') ? pathGlob(source.slice(1)) : undefined
  let bare = source
  for (let inner = ''; inner !== bare; bare = bare.replaceAll(/\([^()]*\)/g, '')) inner = bare
  // what stands before the expression would belong to its first alternative alone
  if (bare.includes('|')) return undefined
  return pathGlob(source.startsWith('/') ? `/(.*/)?${source.slice(1)}` : `/.*${source}`)
}

type Reader = { readonly text: string; at: number }

/** Up to the end or the `)` that closes the group. */
function readAlternatives(reader: Reader): readonly string[] | undefined {
  const alternatives = ['']
  while (reader.at < reader.text.length && reader.text[reader.at] !== ')') {
    if (reader.text[reader.at] === '|') {
      reader.at++
      alternatives.push('')
      continue
    }
    const atom = readAtom(reader)
    const repeated = atom === undefined ? undefined : repeat(atom, reader)
    if (repeated === undefined) return undefined
    alternatives.push(alternatives.pop() + repeated)
  }
  return alternatives
}

function readAtom(reader: Reader): string | undefined {
  const c = reader.text[reader.at++] ?? ''
  if (c === '(') return readGroup(reader)
  if (c === '[') return readClass(reader)
  if (c === '.') return '?'
  if (c !== '\\') return PLAIN.test(c) ? c : undefined
  const escaped = reader.text[reader.at++] ?? ''
  if (escaped === 'd') return '[0-9]'
  return ESCAPABLE.test(escaped) ? escaped : undefined
}

function readGroup(reader: Reader): string | undefined {
  if (reader.text.startsWith('?:', reader.at)) reader.at += 2
  else if (reader.text[reader.at] === '?') return undefined
  const alternatives = readAlternatives(reader)
  if (alternatives === undefined || reader.text[reader.at] !== ')') return undefined
  reader.at++
  return `{${alternatives.join(',')}}`
}

function readClass(reader: Reader): string | undefined {
  const close = reader.text.indexOf(']', reader.at + 1)
  const body = reader.text.slice(reader.at, close)
  if (close === -1) return undefined
  reader.at = close + 1
  if (body === '^/') return SEGMENT
  return /^[a-z0-9_-]+$/i.test(body) ? `[${body}]` : undefined
}

/** `?` makes an alternative; `*` and `+` have a meaning in globs only after `.` and `[^/]`. */
function repeat(atom: string, reader: Reader): string | undefined {
  const sign = reader.text[reader.at] ?? ''
  const isAny = atom === '?' && reader.text[reader.at - 1] === '.' && reader.text[reader.at - 2] !== '\\'
  if (sign === '{') return undefined
  if (!/^[?*+]$/.test(sign)) return atom === SEGMENT ? '?' : unbraced(atom)
  reader.at++
  // a lazy quantifier matches the same texts
  if (reader.text[reader.at] === '?') reader.at++
  if (sign === '?') return atom === SEGMENT ? '{?,}' : optional(atom)
  if (isAny) return sign === '*' ? '**' : '?**'
  if (atom === SEGMENT) return sign === '*' ? WITHIN_SEGMENT : `?${WITHIN_SEGMENT}`
  return undefined
}

function optional(atom: string): string {
  return atom.startsWith('{') ? `{${atom.slice(1, -1)},}` : `{${atom},}`
}

function count(text: string): number {
  const branches = branchCount(text)
  return typeof branches === 'number' ? branches : Number.POSITIVE_INFINITY
}

/** A group around a single alternative is nothing. */
function unbraced(atom: string): string {
  if (!atom.startsWith('{') || !atom.endsWith('}')) return atom
  let depth = 0
  for (let i = 0; i < atom.length; i++) {
    if (atom[i] === '{') depth++
    else if (atom[i] === '}' && --depth === 0) return i === atom.length - 1 ? atom.slice(1, -1) : atom
    else if (atom[i] === ',' && depth === 1) return atom
  }
  return atom
}

/** What becomes `*`, told apart from `**` while the glob is put together. */
const WITHIN_SEGMENT = '\0'
/** As in `*{x,}*`: where the braces are nothing, two stars would become one that crosses slashes. */
const TWO_STARS = '\0\0'
/** Of the native grammar (rules/pattern.ts). */
const MAX_BRANCHES = 64
const SEGMENT = '[^/]'
const PLAIN = /^[a-z0-9_/~%=&;:@-]$/i
const ESCAPABLE = /^[./?=&+~%_:;@$!-]$/
