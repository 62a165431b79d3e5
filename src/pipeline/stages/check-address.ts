import { type Exchange, refusalBy, refuse } from '../exchange.js'

/**
 * Settles address literals that the guard refuses (403). Names are checked when
 * DNS has answered, on the very addresses that are dialled.
 */
export function checkAddressStage(exchange: Exchange): boolean {
  const { route, policy } = exchange
  if (route === undefined || route.authority.family === 0) return true
  const refused = policy.guard.check(route.authority.host)
  return refused === undefined || refuse(exchange, 'VG_ADDRESS_PROHIBITED', refused, refusalBy('guard'))
}
