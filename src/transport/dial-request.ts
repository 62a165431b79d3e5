import type { Exchange } from '../pipeline/exchange.js'
import type { Route } from '../pipeline/route.js'
import type { DialRequest } from '../upstream/dial.js'
import type { Identities } from '../upstream/identities.js'
import { targetAdmission } from './target-admission.js'

/** What a dialler is asked for an exchange: its target, its route, who asks, and the rules about addresses. */
export function toDialRequest(exchange: Exchange, route: Route): DialRequest {
  const { host, port, family } = route.authority
  const request: DialRequest = {
    host,
    port,
    family,
    egress: route.egress,
    client: { ip: exchange.client.ip, user: null },
    // an upgrade is for the next hop alone (RFC 9110 §7.8), so it needs a tunnel through a parent
    isPlainRequest: exchange.form === 'absolute' && !exchange.upgrade,
  }
  const admission = targetAdmission(exchange, route)
  return admission.admit === undefined ? request : { ...request, ...admission }
}

/**
 * What a kept connection must have in common with an exchange to serve it. Of a
 * connection yet to be made it is taken before the dial, in the same turn: both
 * then mean the same identity, whatever is in force when it stands.
 */
export function poolKeyOf(
  { client }: Exchange,
  { key, egress, identitySite }: Route,
  identities: Pick<Identities, 'generationOf'>,
): string {
  const whose = egress?.isPerClient ? `${key} ${client.ip}` : key
  return egress?.isolate === undefined ? whose : `${whose} #${identities.generationOf(identitySite)}`
}
