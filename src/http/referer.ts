import { parseAuthority } from './authority.js'
import { authorityOfUrl, isSameSite } from './site.js'
import { withoutTracking } from './tracking-parameters.js'

/**
 * What `Referer` tells a target: all of it within one site, the origin only
 * across sites (the browsers' `strict-origin-when-cross-origin`, enforced for
 * clients that do not follow it).
 *
 * @param host the target's authority, as in the Host field
 * @param cutsTracking tracking parameters do not go on within a site either
 * @returns undefined when the value stays as it is, empty when it is no URL and goes
 */
export function refererFor(value: string, host: string, cutsTracking: boolean): string | undefined {
  if (value.length === 0 || value === 'about:blank') return undefined
  // a partial-URI (RFC 9110 §10.1.3) stays within the target's own site, unless it names another one
  if (value.startsWith('/')) return value.startsWith('//') ? '' : withinSite(value, cutsTracking)
  const authority = authorityOfUrl(value)
  if (authority === undefined) return ''
  if (authority === host) return withinSite(value, cutsTracking)
  if (parseAuthority(authority, 80) === undefined) return ''
  if (isSameSite(authority, host)) return withinSite(value, cutsTracking)

  const origin = `${value.slice(0, value.indexOf('://') + 3)}${authority}/`
  return origin === value ? undefined : origin
}

function withinSite(value: string, cutsTracking: boolean): string | undefined {
  if (!cutsTracking) return undefined
  const cut = withoutTracking(value)
  return cut === value ? undefined : cut
}
