import {
  OPTION_CLOSE,
  OPTION_KEEP_ALIVE,
  OPTION_UPGRADE,
  OPTIONS_MALFORMED,
  readConnectionOptions,
} from './connection-options.js'
import {
  FIELD_CONNECTION,
  FIELD_CONTENT_LENGTH,
  FIELD_KIND_MASK,
  FIELD_OTHER,
  FIELD_PROXY_CONNECTION,
  FIELD_TRANSFER_ENCODING,
  FIELD_UPGRADE,
  type FieldTable,
} from './field-table.js'
import {
  createHeadFields,
  FIELDS_OK,
  fieldCode,
  type HeadFields,
  scanFields,
  valueEnd,
  valueStart,
} from './head-fields.js'
import { BODY_CHUNKED, BODY_LENGTH, BODY_NONE, BODY_UNTIL_CLOSE, type HeadLimits } from './request-head.js'
import { CR, hasTabBehind, LF, parseDigits, SP, sliceEquals, VALUE_CHAR } from './syntax.js'

/** What one response head says. Belongs to its reader and is overwritten by the next head. */
export type ResponseHead = {
  status: number
  minor: number
  readonly fields: HeadFields
  body: number
  contentLength: number
  /** The origin will take another request on this connection. */
  keepAlive: boolean
  /** A 101 that switches to WebSocket. */
  upgrade: boolean
  /** Why the head was refused, empty for a good one. */
  detail: string
}

export function createResponseHead(limits: HeadLimits): ResponseHead {
  return {
    status: 0,
    minor: 1,
    fields: createHeadFields(limits.headFields),
    body: BODY_NONE,
    contentLength: 0,
    keepAlive: false,
    upgrade: false,
    detail: '',
  }
}

/**
 * Reads a whole response head as strictly as a request head: a lenient reader
 * is how one origin's answer becomes two.
 *
 * @param text latin1; from the status line to the CRLF of the last line, without the empty line
 * @param method of the request: HEAD has no body whatever the fields say (RFC 9112 §6.3)
 */
export function parseResponseHead(
  text: string,
  limits: HeadLimits,
  table: FieldTable,
  method: string,
  head: ResponseHead,
): boolean {
  head.detail = ''
  const fieldsStart = parseStatusLine(text, head)
  if (fieldsStart === 0) return refuse(head, 'the status line is malformed')
  if (scanFields(text, fieldsStart, limits.headFields, table, head.fields) !== FIELDS_OK) {
    return refuse(head, 'a header field is malformed')
  }
  return interpretFields(head, method)
}

/** RFC 9112 §4: HTTP-version SP status-code SP [reason] CRLF; the second space may be missing with the reason. */
function parseStatusLine(text: string, head: ResponseHead): number {
  if (!text.startsWith('HTTP/1.') || text.charCodeAt(8) !== SP) return 0
  const minor = text.charCodeAt(7) - 0x30
  const status = parseDigits(text, 9, 12)
  if ((minor !== 0 && minor !== 1) || status < 100) return 0
  let at = 12
  if (text.charCodeAt(at) === SP) {
    at++
    while (VALUE_CHAR[text.charCodeAt(at)] === 1) at++
  }
  if (text.charCodeAt(at) !== CR || text.charCodeAt(at + 1) !== LF) return 0
  head.minor = minor
  head.status = status
  return at + 2
}

function interpretFields(head: ResponseHead, method: string): boolean {
  const { fields } = head
  const { text, count } = fields
  let lengths = 0
  let encodings = 0
  let chunked = false
  let options = 0
  let proxyOptions = 0
  let websocket = false
  head.contentLength = 0

  for (let i = 0; i < count; i++) {
    const kind = fieldCode(fields, i) & FIELD_KIND_MASK
    if (kind === FIELD_OTHER) continue
    const start = valueStart(fields, i)
    const end = valueEnd(fields, i)
    if (kind === FIELD_CONTENT_LENGTH) {
      head.contentLength = parseDigits(text, start, end)
      if (++lengths > 1 || head.contentLength < 0 || hasTabBehind(text, end))
        return refuse(head, 'Content-Length is ambiguous')
    } else if (kind === FIELD_TRANSFER_ENCODING) {
      encodings++
      chunked = sliceEquals(text, start, end, 'chunked') && !hasTabBehind(text, end)
    } else if (kind === FIELD_CONNECTION) {
      options |= readConnectionOptions(fields, start, end)
    } else if (kind === FIELD_PROXY_CONNECTION) {
      proxyOptions |= readConnectionOptions(fields, start, end)
    } else if (kind === FIELD_UPGRADE) {
      websocket = sliceEquals(text, start, end, 'websocket')
    }
  }

  if (((options | proxyOptions) & OPTIONS_MALFORMED) !== 0) return refuse(head, 'the Connection field is malformed')
  if (encodings > 1 || (encodings === 1 && (!chunked || lengths > 0 || head.minor === 0))) {
    return refuse(head, 'Transfer-Encoding is ambiguous')
  }
  head.body = bodyOf(head, method, chunked, lengths > 0)
  head.keepAlive =
    head.body !== BODY_UNTIL_CLOSE &&
    ((options | proxyOptions) & OPTION_CLOSE) === 0 &&
    (head.minor === 1 || (options & OPTION_KEEP_ALIVE) !== 0)
  if (head.status < 200 && head.status !== 101 && !head.keepAlive) {
    return refuse(head, 'an interim response closes the connection')
  }
  head.upgrade = head.status === 101 && websocket && (options & OPTION_UPGRADE) !== 0
  return true
}

/** RFC 9112 §6.3, in its order. */
function bodyOf({ status, contentLength }: ResponseHead, method: string, chunked: boolean, hasLength: boolean): number {
  if (method === 'HEAD' || status < 200 || status === 204 || status === 304) return BODY_NONE
  if (chunked) return BODY_CHUNKED
  if (!hasLength) return BODY_UNTIL_CLOSE
  return contentLength > 0 ? BODY_LENGTH : BODY_NONE
}

function refuse(head: ResponseHead, detail: string): false {
  head.detail = detail
  return false
}
