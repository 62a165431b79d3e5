import { renderOptions, renderTrace } from '../answers/local.js'
import type { Refusal } from '../answers/refusal-data.js'
import { ERROR_CATALOG, type ErrorCode } from '../errors.js'
import { FIELD_ACCEPT, FIELD_FETCH_DEST } from '../http/field-table.js'
import { firstValue, receivedFields } from '../http/received-value.js'
import type { Exchange } from '../pipeline/exchange.js'
import type { Policy } from '../pipeline/policy.js'

/** IMF-fixdate (RFC 9110 §5.6.7), made once a second at most. */
export function createDateField(wallClock: () => number): () => string {
  let second = -1
  let text = ''
  return function dateField() {
    const now = Math.floor(wallClock() / 1000)
    if (now !== second) {
      second = now
      text = new Date(now * 1000).toUTCString()
    }
    return text
  }
}

/** The status a client sees for an error. */
export function statusOf(code: ErrorCode, policy: Policy): number {
  return code === 'VG_REQUEST_BLOCKED' ? policy.blockStatus : ERROR_CATALOG[code].status
}

/** The answer that refuses an exchange, as data: of a request that could not be read all is empty. */
export function toRefusal(
  exchange: Exchange,
  code: ErrorCode,
  detail: string,
  date: string,
  keepAlive: boolean,
): Refusal {
  const { policy, route, headText, head, form, path } = exchange
  const fields = receivedFields(headText, head.fields)
  return {
    code,
    status: statusOf(code, policy),
    detail: detail === '' ? null : detail,
    rule: code === 'VG_REQUEST_BLOCKED' ? exchange.decision.rule : null,
    cname: code === 'VG_REQUEST_BLOCKED' ? exchange.decision.cname : undefined,
    method: exchange.method,
    form,
    host: route?.authority.host ?? '',
    url: form === 'absolute' && route !== undefined ? `http://${route.hostField}${path}` : '',
    accept: firstValue(fields, FIELD_ACCEPT),
    secFetchDest: firstValue(fields, FIELD_FETCH_DEST),
    requestId: exchange.id,
    date,
    keepAlive,
    httpMinor: exchange.minor,
    blockPage: policy.blockPage,
  }
}

/** The bytes for a request that ends here: OPTIONS and TRACE (RFC 9110 §7.6.2). */
export function localAnswer({ method, headText }: Exchange, date: string, keepAlive: boolean): Buffer {
  if (method !== 'TRACE') return renderOptions({ date, keepAlive })
  const [requestLine = '', ...lines] = headText.trimEnd().split('\r\n')
  const fields = lines.map((line): readonly [string, string] => {
    const colon = line.indexOf(':')
    return [line.slice(0, colon), line.slice(colon + 1).trim()]
  })
  return renderTrace({ date, keepAlive, requestLine, fields })
}
