import { getDomain } from 'tldts'

/**
 * Two hosts are of one site when they have one registrable domain of the public
 * suffix list; addresses, and names without one, when they are equal. Ports do
 * not matter, as in a browser.
 *
 * @param one an authority: host, with or without port
 */
export function isSameSite(one: string, other: string): boolean {
  if (one === other) return true
  const site = getDomain(one, { allowPrivateDomains: true })
  if (site === null) return hostOf(one) === hostOf(other)
  return site === getDomain(other, { allowPrivateDomains: true })
}

function hostOf(authority: string): string {
  const colon = authority.lastIndexOf(':')
  return colon > authority.lastIndexOf(']') ? authority.slice(0, colon) : authority
}

/** The authority of an absolute URL without user information; undefined for a text that is none. */
export function authorityOfUrl(url: string): string | undefined {
  const schemeEnd = url.indexOf('://')
  if (schemeEnd === -1 || !isScheme(url, schemeEnd)) return undefined
  const start = schemeEnd + 3
  let end = start
  while (end < url.length && !isEnd(url.charCodeAt(end))) end++
  const at = url.lastIndexOf('@', end - 1)
  return url.slice(at >= start ? at + 1 : start, end)
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
