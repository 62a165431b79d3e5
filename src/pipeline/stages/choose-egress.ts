import { type Exchange, refusalBy, refuse } from '../exchange.js'
import { egressFault } from '../routing.js'

/** Settles what must not leave at all (503, 502). */
export function chooseEgressStage(exchange: Exchange): boolean {
  const { route } = exchange
  if (route === undefined) return true
  const fault = egressFault(route.egress, route.authority.host)
  return fault === undefined || refuse(exchange, fault, '', refusalBy('route'))
}
