import { type Exchange, refusalBy, refuse } from '../exchange.js'

/** Settles requests to ports that are not open for their kind of target (403): no rule opens a port. */
export function checkPortStage(exchange: Exchange): boolean {
  const { route, policy, form } = exchange
  if (route === undefined) return true
  const { port } = route.authority
  const isOpen = form === 'authority' ? policy.isConnectPort(port) : policy.isHttpPort(port)
  return isOpen || refuse(exchange, 'VG_PORT_REFUSED', `port ${port}`, refusalBy('port'))
}
