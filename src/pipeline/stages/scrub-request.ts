import { forwardedRequestHead } from '../../http/forwarded-head.js'
import type { Exchange } from '../exchange.js'

/** Makes the head that goes to the origin, without what names the client. */
export function scrubRequestStage(exchange: Exchange): boolean {
  const { route, head, path, policy } = exchange
  if (route === undefined || exchange.form !== 'absolute') return true
  exchange.requestHead = forwardedRequestHead(head, path, route.hostField, policy.headers, exchange.headersRemoved)
  return true
}
