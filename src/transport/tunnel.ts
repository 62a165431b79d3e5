import type { Socket } from 'node:net'
import type { ProxyError } from '../errors.js'
import type { Exchange } from '../pipeline/exchange.js'
import type { Route } from '../pipeline/route.js'
import type { Outcome } from './access-record.js'
import type { TransportContext } from './context.js'
import { targetAdmission } from './target-admission.js'

/**
 * Performs the first half of the plan "tunnel": reaches the origin.
 *
 * @param done gets the socket, or why there is none; not called after a cancel
 * @returns cancels the attempt and leaves nothing open
 */
export function dialTunnel(
  context: TransportContext,
  exchange: Exchange,
  route: Route,
  outcome: Outcome,
  done: (error: ProxyError | null, origin: Socket | null) => void,
): () => void {
  const { host, port, family } = route.authority
  const request = { host, port, family, ...targetAdmission(exchange, route) }
  return context.dial(exchange.policy, request, (error, socket, timing) => {
    outcome.ip = timing.ip
    outcome.dnsMs = timing.dnsMs
    outcome.connectMs = timing.connectMs
    done(error, socket)
  })
}
