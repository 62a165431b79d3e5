import type { ErrorCode } from '../errors.js'
import { type Authority, parseAuthority } from './authority.js'
import { sliceEquals } from './syntax.js'

export type TargetForm = 'absolute' | 'authority' | 'origin' | 'asterisk'

/** Where a request wants to go (RFC 9112 §3.2). */
export type Target = {
  readonly form: TargetForm
  /** `ws` is served like `http` when the request upgrades. */
  readonly scheme: 'http' | 'ws' | ''
  readonly authority: Authority | undefined
  /** What goes into the request line to the origin: path and query, never empty for the absolute form. */
  readonly path: string
}

const SLASH = 0x2f
const OWN: Target = { form: 'origin', scheme: '', authority: undefined, path: '' }
const ASTERISK: Target = { form: 'asterisk', scheme: '', authority: undefined, path: '*' }

/**
 * The text of a request target without its meaning: where the authority stands
 * and what follows it. Splitting is all that a known authority needs.
 */
export type SplitTarget = { readonly scheme: 'http' | 'ws'; readonly authority: string; readonly path: string }

/** Splits an absolute-form `http:` or `ws:` target; undefined for any other text. */
export function splitAbsoluteForm(target: string): SplitTarget | undefined {
  const scheme = sliceEquals(target, 0, 7, 'http://') ? 'http' : sliceEquals(target, 0, 5, 'ws://') ? 'ws' : undefined
  if (scheme === undefined) return undefined
  const start = scheme.length + 3
  let end = start
  while (end < target.length && !isAuthorityEnd(target.charCodeAt(end))) end++
  return { scheme, authority: target.slice(start, end), path: pathFrom(target, end) }
}

/** `/a?b` as it stands; the empty path becomes `/` (RFC 9110 §4.2.3). */
function pathFrom(target: string, at: number): string {
  if (at === target.length) return '/'
  return target.charCodeAt(at) === SLASH ? target.slice(at) : `/${target.slice(at)}`
}

/**
 * What a method and a request target mean for a forward proxy.
 * Returns an error code for what is malformed or not served: `https:` and
 * fragments (RFC 9112 §3.2.2 asks for an absolute-URI, which has none) are 400,
 * other schemes 501.
 */
export function parseTarget(method: string, target: string): Target | ErrorCode {
  if (method === 'CONNECT') {
    const authority = parseAuthority(target, 0)
    return authority === undefined ? 'VG_TARGET_MALFORMED' : { form: 'authority', scheme: '', authority, path: '' }
  }
  const split = splitAbsoluteForm(target)
  if (split !== undefined) {
    const authority = target.includes('#') ? undefined : parseAuthority(split.authority, 80)
    if (authority === undefined) return 'VG_TARGET_MALFORMED'
    return { form: 'absolute', scheme: split.scheme, authority, path: split.path }
  }
  if (target.charCodeAt(0) === SLASH) return OWN
  if (target === '*') return method === 'OPTIONS' ? ASTERISK : 'VG_TARGET_MALFORMED'
  return isForeignScheme(target) ? 'VG_SCHEME_UNSUPPORTED' : 'VG_TARGET_MALFORMED'
}

/** A well-formed scheme that is not ours to serve. `https:` belongs into a CONNECT, `host:80` is no URL: client's errors. */
function isForeignScheme(target: string): boolean {
  const scheme = /^([a-z][a-z0-9+.-]*):(?!\d*$)/i.exec(target)?.[1]?.toLowerCase()
  return scheme !== undefined && !['http', 'https', 'ws', 'wss'].includes(scheme)
}

function isAuthorityEnd(c: number): boolean {
  return c === SLASH || c === 0x3f || c === 0x23
}
