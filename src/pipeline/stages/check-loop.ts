import { type Exchange, refusalBy, refuse } from '../exchange.js'

/** Settles requests to this proxy itself (508), before ports and guard, so that the answer names the real fault. */
export function checkLoopStage(exchange: Exchange): boolean {
  const { route, policy } = exchange
  if (route === undefined || route.authority.family === 0) return true
  const { host, port } = route.authority
  return policy.isOwn(host, port) ? refuse(exchange, 'VG_PROXY_LOOP', '', refusalBy('loop')) : true
}
