import { RE2JS } from 're2js'
import { globToRegex } from './glob-syntax.js'

/** Answers for a path in canonical form, query included. */
export type PathTest = (path: string) => boolean

/**
 * One form for paths that an origin reads alike: percent-encoded unreserved
 * characters decoded (RFC 3986 §6.2.2.2), dot segments removed (§5.2.4), other
 * escapes in upper case. The query keeps its dots. Costs nothing for a usual path.
 *
 * @param path path and query as received, `/a?b=c`
 */
export function canonicalPath(path: string): string {
  const decoded = path.includes('%') ? path.replace(/%[0-9a-f]{2}/gi, decodeUnreserved) : path
  return decoded.includes('/.') ? removeDotSegments(decoded) : decoded
}

/** As `canonicalPath`, for what a person wrote: characters that a URL cannot hold are escaped first. */
export function canonicalPathPattern(path: string): string {
  return canonicalPath(escapePath(path))
}

/** Escapes what may not stand in a request line; for paths that a person wrote. */
export function escapePath(path: string): string {
  return NOT_IN_A_PATH.test(path) ? path.replace(NOT_IN_A_PATH_RUN, percentEncode) : path
}

/**
 * @param pattern glob in canonical form: `*` within a segment, `**` across segments, `?` one character
 * @param below the pattern also stands for all that lies under it
 */
export function compilePath(pattern: string, below: boolean): PathTest {
  if (pattern === '**' || pattern === '/**') return () => true
  const tree = pattern.endsWith('/**') ? pattern.slice(0, -2) : pattern
  if (!/[*?[]/.test(tree)) {
    if (tree !== pattern) return (path) => path.startsWith(tree)
    return (path) => path.startsWith(pattern) && endsThere(path, pattern, below)
  }
  // a `?` in the pattern may stand for the one before the query, so the query is then part of what is matched
  const rest = below ? '(?:[/?].*)?' : pattern.includes('?') ? '' : '(?:\\?.*)?'
  const regex = RE2JS.compile(`^${globToRegex(pattern)}${rest}$`, RE2JS.DOTALL)
  return (path) => regex.test(path)
}

function endsThere(path: string, pattern: string, below: boolean): boolean {
  const next = path.charAt(pattern.length)
  return next === '' || next === '?' || (below && (next === '/' || pattern.endsWith('/')))
}

// not encodeURIComponent: it throws on half a surrogate pair
function percentEncode(text: string): string {
  let encoded = ''
  for (const byte of new TextEncoder().encode(text)) encoded += `%${byte.toString(16).toUpperCase().padStart(2, '0')}`
  return encoded
}

function decodeUnreserved(encoded: string): string {
  const char = String.fromCharCode(Number.parseInt(encoded.slice(1), 16))
  return /[A-Za-z0-9._~-]/.test(char) ? char : encoded.toUpperCase()
}

function removeDotSegments(path: string): string {
  const query = path.indexOf('?')
  const kept: string[] = []
  const segments = (query === -1 ? path : path.slice(0, query)).split('/').slice(1)
  for (const [i, segment] of segments.entries()) {
    if (segment === '..') kept.pop()
    if (segment !== '.' && segment !== '..') kept.push(segment)
    else if (i === segments.length - 1) kept.push('')
  }
  return `/${kept.join('/')}${query === -1 ? '' : path.slice(query)}`
}

const NOT_IN_A_PATH = /[^!-~]/
const NOT_IN_A_PATH_RUN = /[^!-~]+/g
