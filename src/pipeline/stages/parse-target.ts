import { BODY_NONE } from '../../http/request-head.js'
import { parseTarget, splitAbsoluteForm } from '../../http/target.js'
import { type Exchange, refuse, settleLocally } from '../exchange.js'

/** Finds out where the request wants to go. Settles what no proxy can serve: 400, 501. */
export function parseTargetStage(exchange: Exchange): boolean {
  const { method, head, policy } = exchange
  const { target } = head
  if (method === 'CONNECT') return findTunnelRoute(exchange, target)

  const split = splitAbsoluteForm(target)
  if (split === undefined || target.includes('#')) return settleOther(exchange, method, target)
  exchange.form = 'absolute'
  exchange.path = split.path
  exchange.route = policy.routes.find(split.authority, 80)
  if (exchange.route === undefined) return refuse(exchange, 'VG_TARGET_MALFORMED', 'the host or port is not valid')
  exchange.upgrade = head.upgrade
  if (split.scheme === 'ws' && !exchange.upgrade) {
    return refuse(exchange, 'VG_TARGET_MALFORMED', 'ws: needs a WebSocket upgrade')
  }
  // RFC 9112 §3.2.4: the last proxy turns an empty path of OPTIONS into the asterisk form
  if (method === 'OPTIONS' && split.path === '/' && !target.endsWith('/')) exchange.path = '*'
  // RFC 9110 §9.3.8: a TRACE has no content
  if (method === 'TRACE' && head.body !== BODY_NONE)
    return refuse(exchange, 'VG_FRAMING_CONFLICT', 'TRACE with content')
  return true
}

function findTunnelRoute(exchange: Exchange, target: string): boolean {
  exchange.form = 'authority'
  // RFC 9110 §9.3.6: content of a CONNECT has no meaning, and what follows it would be taken for tunnel data
  if (exchange.head.body !== BODY_NONE) return refuse(exchange, 'VG_FRAMING_CONFLICT', 'CONNECT with content')
  exchange.route = exchange.policy.routes.find(target, 0)
  return exchange.route === undefined ? refuse(exchange, 'VG_TARGET_MALFORMED', 'CONNECT needs host:port') : true
}

function settleOther(exchange: Exchange, method: string, text: string): boolean {
  const target = parseTarget(method, text)
  if (typeof target === 'string') return refuse(exchange, target, '')
  exchange.form = target.form
  if (target.form === 'asterisk') {
    exchange.path = '*'
    return settleLocally(exchange)
  }
  return refuse(exchange, 'VG_TARGET_NOT_PROXY', '')
}
