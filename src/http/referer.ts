import { getDomain } from 'tldts'

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
  // a partial-URI (RFC 9110 §10.1.3) stays within the target's own site
  if (value.length === 0 || value === 'about:blank' || value.startsWith('/')) return undefined
  const schemeEnd = value.indexOf('://')
  if (schemeEnd === -1) return ''
  const start = schemeEnd + 3
  let end = start
  while (end < value.length && !isEnd(value.charCodeAt(end))) end++
  const at = value.lastIndexOf('@', end - 1)
  const authority = value.slice(at >= start ? at + 1 : start, end)
  if (authority === host || isSameSite(authority, host)) return undefined

  const origin = `${value.slice(0, start)}${authority}/`
  return origin === value ? undefined : origin
}

function isSameSite(one: string, other: string): boolean {
  const site = getDomain(one, { allowPrivateDomains: true })
  return site !== null && site === getDomain(other, { allowPrivateDomains: true })
}

function isEnd(c: number): boolean {
  return c === 0x2f || c === 0x3f || c === 0x23
}
