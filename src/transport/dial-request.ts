import type { Exchange } from '../pipeline/exchange.js'
import type { Route } from '../pipeline/route.js'
import type { DialRequest } from '../upstream/dial.js'
import type { Identities } from '../upstream/identities.js'
import { targetAdmission } from './target-admission.js'

/**
 * Of the identity that an exchange leaves with; undefined where it has none. Asked once, in the turn in which its head was
 * made: whatever is dialled for it later goes with the browser that the head names.
 */
export function generationFor(
  { egress, identitySite }: Route,
  identities: Pick<Identities, 'generationOf'>,
): number | undefined {
  return egress?.isolate === undefined ? undefined : identities.generationOf(identitySite)
}

/** What a dialler is asked for an exchange: its target, its route, its identity, who asks, and the rules about addresses. */
export function toDialRequest(exchange: Exchange, route: Route, generation?: number): DialRequest {
  const { host, port, family } = route.authority
  const request: DialRequest = {
    host,
    port,
    family,
    egress: route.egress,
    generation,
    client: { ip: exchange.client.ip, user: null },
    // an upgrade is for the next hop alone (RFC 9110 §7.8), so it needs a tunnel through a parent
    isPlainRequest: exchange.form === 'absolute' && !exchange.upgrade,
  }
  const admission = targetAdmission(exchange, route)
  return admission.admit === undefined ? request : { ...request, ...admission }
}

/** What a kept connection must have in common with an exchange to serve it. */
export function poolKeyOf({ client }: Exchange, { key, egress }: Route, generation: number | undefined): string {
  const whose = egress?.isPerClient ? `${key} ${client.ip}` : key
  return generation === undefined ? whose : `${whose} #${generation}`
}
