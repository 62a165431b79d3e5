import { getDomain } from 'tldts'
import { isOnion } from './special-names.js'
import { COLON, TOKEN_LOWER } from './syntax.js'

/** A host in the form of the Host field, with the site that it belongs to: what another host is compared with. */
export type SiteHost = { readonly host: string; readonly site: string }

/**
 * The site of an authority: its registrable domain by the public suffix list;
 * of an address, or a name without one, the host itself. Ports do not matter,
 * as in a browser.
 */
export function siteOf(authority: string): string {
  return getDomain(authority, { allowPrivateDomains: true }) ?? authority.slice(0, hostEnd(authority)).toLowerCase()
}

/** What a target shares an identity with: its site; an address, or an `.onion` host, is one by itself. */
export function identitySiteOf({ host, family }: { readonly host: string; readonly family: 0 | 4 | 6 }): string {
  return family !== 0 || isOnion(host) ? host : siteOf(host)
}

export function isOfSite(authority: string, { host, site }: SiteHost): boolean {
  if (authority === host) return true
  if (differInLastLabels(authority, host)) return false
  // a request asks about one Referer twice: whose it is, and what of it goes on
  if (authority !== lastAsked) {
    lastSite = siteOf(authority)
    lastAsked = authority
  }
  return lastSite === site
}

let lastAsked = ''
let lastSite = ''

/**
 * A registrable domain has two labels or more, so two names that differ in one
 * of their last two are of two sites, whatever the list says: most questions end
 * here, at a tenth of the cost.
 */
function differInLastLabels(one: string, other: string): boolean {
  let i = hostEnd(one)
  let j = hostEnd(other)
  if (one.charCodeAt(i - 1) === DOT || other.charCodeAt(j - 1) === DOT) return false
  let dots = 0
  while (i > 0 && j > 0) {
    const c = one.charCodeAt(--i)
    if (TOKEN_LOWER[c] !== TOKEN_LOWER[other.charCodeAt(--j)]) return true
    if (c === DOT && ++dots === 2) return false
  }
  return false
}

const DOT = 0x2e

/** Where the port begins. */
function hostEnd(authority: string): number {
  let at = authority.length
  while (at > 0) {
    const c = authority.charCodeAt(at - 1)
    if (c === COLON) return at - 1
    if (c < 0x30 || c > 0x39) return authority.length
    at--
  }
  return authority.length
}

/** The authority of an absolute URL without user information; undefined for a text that is none. */
export function authorityOfUrl(url: string): string | undefined {
  // whose a Referer is and what of it goes on are two questions about one text
  if (url !== lastUrl) {
    lastAuthority = readAuthority(url)
    lastUrl = url
  }
  return lastAuthority
}

let lastUrl = ''
let lastAuthority: string | undefined

function readAuthority(url: string): string | undefined {
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
