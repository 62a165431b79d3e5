import { isOnion } from '../../http/special-names.js'
import { type Exchange, refusalBy, refuse } from '../exchange.js'

/**
 * Settles what must not leave at all: targets to which no route leads (503; direct goes only what a route says so
 * of), and `.onion` names anywhere but into Tor (502; RFC 7686 §2: they are never looked up).
 */
export function chooseEgressStage(exchange: Exchange): boolean {
  const { route } = exchange
  if (route === undefined) return true
  const { egress, authority } = route
  if (egress === undefined) return refuse(exchange, 'VG_NO_ROUTE', '', refusalBy('route'))
  if (!egress.isTor && isOnion(authority.host)) {
    return refuse(exchange, 'VG_ONION_UNREACHABLE', '', refusalBy('route'))
  }
  return true
}
