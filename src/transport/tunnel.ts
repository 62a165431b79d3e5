import { ProxyError } from '../errors.js'
import type { Exchange } from '../pipeline/exchange.js'
import type { Policy } from '../pipeline/policy.js'
import type { Route } from '../pipeline/route.js'
import type { DialDone, DialRequest } from '../upstream/dial.js'
import { noteDial, type Outcome } from './access-record.js'
import type { TransportContext } from './context.js'
import { toDialRequest } from './dial-request.js'

/**
 * Performs the first half of the plan "tunnel": reaches the origin.
 *
 * @param dial by the guard of the policy under which the exchange was decided
 * @param done gets the socket, or why there is none; not called after a cancel
 * @returns cancels the attempt and leaves nothing open
 */
export function dialTunnel<S>(
  dial: (policy: Policy, request: DialRequest, done: DialDone<S>) => () => void,
  exchange: Exchange,
  route: Route,
  outcome: Outcome,
  done: (error: ProxyError | null, origin: S | null) => void,
): () => void {
  return dial(exchange.policy, toDialRequest(exchange, route), (error, socket, timing) => {
    noteDial(outcome, timing)
    done(error, socket)
  })
}

/** Takes the place of a tunnel, to be left by `context.tunnels.leave`; or why there is none for this client. */
export function enterTunnel({ counts, tunnels, limits }: TransportContext, ip: string): ProxyError | undefined {
  if (tunnels.total >= limits.tunnels) {
    counts.limits.tunnels++
    return new ProxyError('VG_TUNNEL_LIMIT')
  }
  if (tunnels.enter(ip, limits.tunnelsPerClient)) return undefined
  counts.limits.tunnelsPerClient++
  return new ProxyError('VG_CLIENT_LIMIT', 'tunnels')
}
