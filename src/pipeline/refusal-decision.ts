import type { DecisionReason } from '../channels.js'
import type { ErrorCode } from '../errors.js'
import { type Decision, refusalBy } from './exchange.js'

/** Refusals that no rule made, by what refused. Any other error happened to a request that was allowed. */
const REASON_BY_CODE: { readonly [code in ErrorCode]?: DecisionReason } = {
  VG_ADDRESS_PROHIBITED: 'guard',
  VG_PROXY_LOOP: 'loop',
  VG_NO_ROUTE: 'route',
  VG_ONION_UNREACHABLE: 'route',
  VG_CLIENT_LIMIT: 'limit',
  VG_CONNECTION_LIMIT: 'limit',
  VG_TUNNEL_LIMIT: 'limit',
  VG_DIAL_LIMIT: 'limit',
  VG_CLIENT_REFUSED: 'client',
  VG_HEAD_TIMEOUT: 'malformed',
  VG_HEAD_TOO_LARGE: 'malformed',
  VG_URI_TOO_LONG: 'malformed',
  VG_REQUEST_MALFORMED: 'malformed',
  VG_VERSION_UNSUPPORTED: 'malformed',
  VG_FRAMING_CONFLICT: 'malformed',
}

/** The decision to log for an error that came up while a plan was performed; `before` where the error does not change it. */
export function decisionAfter(code: ErrorCode, before: Decision): Decision {
  const reason = REASON_BY_CODE[code]
  return reason === undefined ? before : refusalBy(reason)
}
