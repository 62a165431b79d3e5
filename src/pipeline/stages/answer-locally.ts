import { countsForwards } from '../../http/forwarded-head.js'
import { type Exchange, settleLocally } from '../exchange.js'

/** RFC 9110 §7.6.2: a request that may not be forwarded any more is answered here. */
export function answerLocallyStage(exchange: Exchange): boolean {
  if (exchange.head.maxForwards !== 0 || !countsForwards(exchange.method)) return true
  return settleLocally(exchange)
}
