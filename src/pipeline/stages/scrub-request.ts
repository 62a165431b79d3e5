import type { Disguise } from '../../http/disguise.js'
import { forwardedRequestHead } from '../../http/forwarded-head.js'
import { isThirdParty } from '../../http/third-party.js'
import { withoutTracking } from '../../http/tracking-parameters.js'
import type { Exchange } from '../exchange.js'
import type { Route } from '../route.js'

/** Makes the head that goes to the origin, without what names the client. Rules have seen the path as it came. */
export function scrubRequestStage(exchange: Exchange): boolean {
  const { route, head } = exchange
  if (route === undefined || exchange.form !== 'absolute') return true
  const { headers, hostField, site } = route
  const path = headers.cutsTracking ? withoutTracking(exchange.path) : exchange.path
  const to = { host: hostField, site, path, isThirdParty: false, disguise: disguiseOf(exchange, route) }
  if (headers.asksThirdParty) to.isThirdParty = exchange.isThirdParty = isThirdParty(head.fields, to)
  exchange.requestHead = forwardedRequestHead(head, to, headers, exchange.headersRemoved)
  return true
}

/** Whoever has an identity of its own has a browser with it, as far as the profile replaces what tells of one. */
function disguiseOf({ policy, client }: Exchange, { headers, egress, authority }: Route): Disguise | undefined {
  if (egress?.isolate === undefined || !headers.isDisguised) return undefined
  return policy.disguiseFor(egress.isolate, { ...authority, client: { ip: client.ip, user: null } })
}
