import { parseAuthority } from './authority.js'
import { authorityOfUrl, isOfSite, type SiteHost } from './site.js'
import { isOnion } from './special-names.js'
import { withoutTracking } from './tracking-parameters.js'

/**
 * What `Referer` tells a target: all of it within one site, the origin only
 * across sites (the browsers' `strict-origin-when-cross-origin`, enforced for
 * clients that do not follow it), and nothing of an onion service, whose very
 * name may be a secret (as Tor Browser does).
 *
 * @param cutsTracking tracking parameters do not go on within a site either
 * @returns undefined when the value stays as it is, empty when it goes
 */
export function refererFor(value: string, target: SiteHost, cutsTracking: boolean): string | undefined {
  if (value.length === 0 || value === 'about:blank') return undefined
  // a partial-URI (RFC 9110 §10.1.3) stays within the target's own site, unless it names another one
  if (value.startsWith('/')) return value.startsWith('//') ? '' : withinSite(value, cutsTracking)
  const authority = authorityOfUrl(value)
  if (authority === undefined) return ''
  if (authority === target.host) return withinSite(value, cutsTracking)
  const host = isPlainName(authority) ? authority : parseAuthority(authority, 80)?.host
  if (host === undefined) return ''
  if (isOfSite(authority, target)) return withinSite(value, cutsTracking)
  if (isOnion(host)) return ''

  const origin = `${value.slice(0, value.indexOf('://') + 3)}${authority}/`
  return origin === value ? undefined : origin
}

function withinSite(value: string, cutsTracking: boolean): string | undefined {
  if (!cutsTracking) return undefined
  const cut = withoutTracking(value)
  return cut === value ? undefined : cut
}

/** Letters, digits, hyphens and single dots within: what nearly every page's host is, and valid whatever else. */
function isPlainName(authority: string): boolean {
  let label = 0
  for (let i = 0; i < authority.length; i++) {
    const c = authority.charCodeAt(i)
    if (c === DOT) {
      if (label === 0) return false
      label = 0
      continue
    }
    const isPlain = (c >= 0x61 && c <= 0x7a) || (c >= 0x30 && c <= 0x39) || c === HYPHEN
    if (!isPlain || ++label > MAX_LABEL) return false
  }
  return label > 0 && authority.length <= MAX_NAME
}

const DOT = 0x2e
const HYPHEN = 0x2d
/** RFC 1035 §2.3.4 */
const MAX_LABEL = 63
const MAX_NAME = 253
