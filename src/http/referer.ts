import { getDomain } from 'tldts'
import { parseAuthority } from './authority.js'

/**
 * What `Referer` tells a target: all of it within one site, the origin only
 * across sites (the browsers' `strict-origin-when-cross-origin`, enforced for
 * clients that do not follow it). A site is a registrable domain of the public
 * suffix list.
 *
 * @param host the target's authority, as in the Host field
 * @returns undefined when the value stays as it is, empty when it is no URL and goes
 */
export function refererFor(value: string, host: string): string | undefined {
  if (value.length === 0 || value === 'about:blank') return undefined
  // a partial-URI (RFC 9110 §10.1.3) stays within the target's own site, unless it names another one
  if (value.startsWith('/')) return value.startsWith('//') ? '' : undefined
  const schemeEnd = value.indexOf('://')
  if (schemeEnd === -1 || !isScheme(value, schemeEnd)) return ''
  const start = schemeEnd + 3
  let end = start
  while (end < value.length && !isEnd(value.charCodeAt(end))) end++
  const at = value.lastIndexOf('@', end - 1)
  const authority = value.slice(at >= start ? at + 1 : start, end)
  if (authority === host) return undefined
  if (parseAuthority(authority, 80) === undefined) return ''
  if (isSameSite(authority, host)) return undefined

  const origin = `${value.slice(0, start)}${authority}/`
  return origin === value ? undefined : origin
}

function isSameSite(one: string, other: string): boolean {
  const site = getDomain(one, { allowPrivateDomains: true })
  return site !== null && site === getDomain(other, { allowPrivateDomains: true })
}

/** RFC 3986 §3.1 */
function isScheme(value: string, end: number): boolean {
  for (let i = 0; i < end; i++) {
    const c = value.charCodeAt(i)
    const isLetter = (c >= 0x61 && c <= 0x7a) || (c >= 0x41 && c <= 0x5a)
    const isRest = (c >= 0x30 && c <= 0x39) || c === 0x2b || c === 0x2d || c === 0x2e
    if (!isLetter && (i === 0 || !isRest)) return false
  }
  return end > 0
}

function isEnd(c: number): boolean {
  return c === 0x2f || c === 0x3f || c === 0x23
}
