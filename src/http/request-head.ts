import type { ErrorCode } from '../errors.js'
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
  FIELD_EXPECT,
  FIELD_HOST,
  FIELD_KIND_MASK,
  FIELD_MAX_FORWARDS,
  FIELD_OTHER,
  FIELD_PROXY_CONNECTION,
  FIELD_TE,
  FIELD_TRANSFER_ENCODING,
  FIELD_UPGRADE,
  type FieldTable,
} from './field-table.js'
import {
  createHeadFields,
  FIELDS_OK,
  FIELDS_TOO_MANY,
  fieldCode,
  type HeadFields,
  scanFields,
  valueEnd,
  valueStart,
} from './head-fields.js'
import { CR, hasTabBehind, LF, parseDigits, SP, sliceEquals, TARGET_CHAR, TOKEN_LOWER } from './syntax.js'

export const BODY_NONE = 0
export const BODY_LENGTH = 1
export const BODY_CHUNKED = 2
export const BODY_UNTIL_CLOSE = 3

/** No registered method is longer than 17 octets; what is longer is no method. */
const MAX_METHOD_OCTETS = 64

/** What one request head says. Belongs to its reader and is overwritten by the next head. */
export type RequestHead = {
  method: string
  target: string
  /** Minor version of HTTP/1.x. */
  minor: number
  readonly fields: HeadFields
  body: number
  /** Octets of a `BODY_LENGTH` body. */
  contentLength: number
  keepAlive: boolean
  /** The client asks to switch to WebSocket (RFC 6455 §4.1). */
  upgrade: boolean
  expectsContinue: boolean
  acceptsTrailers: boolean
  /** -1 where there is none (RFC 9110 §7.6.2). */
  maxForwards: number
  /** Why the head was refused; undefined for a good one. */
  error: ErrorCode | undefined
  detail: string
}

export type HeadLimits = { readonly headBytes: number; readonly headFields: number; readonly uriBytes: number }

export function createRequestHead(limits: HeadLimits): RequestHead {
  return {
    method: '',
    target: '',
    minor: 1,
    fields: createHeadFields(limits.headFields),
    body: BODY_NONE,
    contentLength: 0,
    keepAlive: true,
    upgrade: false,
    expectsContinue: false,
    acceptsTrailers: false,
    maxForwards: -1,
    error: undefined,
    detail: '',
  }
}

/**
 * Reads a whole request head in one scan. Anything RFC 9112 lets a recipient
 * refuse because two parsers could read it differently is refused.
 *
 * @param text latin1; from the first octet of the request line to the CRLF of the last line, without the empty line
 * @returns false when the head is refused: `head.error` and `head.detail` say why
 */
export function parseRequestHead(text: string, limits: HeadLimits, table: FieldTable, head: RequestHead): boolean {
  head.error = undefined
  head.detail = ''
  const fieldsStart = parseRequestLine(text, limits, head)
  if (fieldsStart === 0) return false

  const result = scanFields(text, fieldsStart, limits.headFields, table, head.fields)
  if (result === FIELDS_TOO_MANY) return refuse(head, 'VG_HEAD_TOO_LARGE', `more than ${limits.headFields} fields`)
  if (result !== FIELDS_OK) return refuse(head, 'VG_REQUEST_MALFORMED', 'a header field is malformed')
  return interpretFields(head)
}

/** RFC 9112 §3: method SP request-target SP HTTP-version CRLF, single spaces. Returns where the fields start, 0 if refused. */
function parseRequestLine(text: string, limits: HeadLimits, head: RequestHead): number {
  let at = 0
  while ((TOKEN_LOWER[text.charCodeAt(at)] ?? 0) !== 0) at++
  if (at === 0 || at > MAX_METHOD_OCTETS || text.charCodeAt(at) !== SP) {
    return refuseLine(head, 'VG_REQUEST_MALFORMED', 'the method is malformed')
  }
  head.method = text.slice(0, at)

  const targetStart = ++at
  while (TARGET_CHAR[text.charCodeAt(at)] === 1) at++
  if (at - targetStart > limits.uriBytes) return refuseLine(head, 'VG_URI_TOO_LONG', '')
  if (at === targetStart || text.charCodeAt(at) !== SP) {
    return refuseLine(head, 'VG_REQUEST_MALFORMED', 'the request target is malformed')
  }
  head.target = text.slice(targetStart, at)
  return parseVersion(text, at + 1, head)
}

function parseVersion(text: string, at: number, head: RequestHead): number {
  const major = text.charCodeAt(at + 5) - 0x30
  const minor = text.charCodeAt(at + 7) - 0x30
  const wellFormed =
    text.startsWith('HTTP/', at) &&
    isDigit(major) &&
    text.charCodeAt(at + 6) === 0x2e &&
    isDigit(minor) &&
    text.charCodeAt(at + 8) === CR &&
    text.charCodeAt(at + 9) === LF
  if (!wellFormed) return refuseLine(head, 'VG_REQUEST_MALFORMED', 'the HTTP version is malformed')
  if (major !== 1 || minor > 1) return refuseLine(head, 'VG_VERSION_UNSUPPORTED', `HTTP/${major}.${minor}`)
  head.minor = minor
  return at + 10
}

function interpretFields(head: RequestHead): boolean {
  const { fields } = head
  const { text, count } = fields
  let hosts = 0
  let lengths = 0
  let encodings = 0
  let options = 0
  let proxyOptions = 0
  let upgrades = 0
  let websocket = false
  head.body = BODY_NONE
  head.contentLength = 0
  head.expectsContinue = false
  head.acceptsTrailers = false
  head.maxForwards = -1

  for (let i = 0; i < count; i++) {
    const kind = fieldCode(fields, i) & FIELD_KIND_MASK
    if (kind === FIELD_OTHER) continue
    const start = valueStart(fields, i)
    const end = valueEnd(fields, i)
    if (kind === FIELD_HOST) {
      if (++hosts > 1) return refuse(head, 'VG_REQUEST_MALFORMED', 'more than one Host field')
      if (!isHostValue(text, start, end)) return refuse(head, 'VG_REQUEST_MALFORMED', 'the Host field is malformed')
    } else if (kind === FIELD_CONTENT_LENGTH) {
      head.contentLength = parseDigits(text, start, end)
      if (++lengths > 1) return refuse(head, 'VG_FRAMING_CONFLICT', 'more than one Content-Length')
      if (head.contentLength < 0 || hasTabBehind(text, end))
        return refuse(head, 'VG_FRAMING_CONFLICT', 'Content-Length is not a number')
    } else if (kind === FIELD_TRANSFER_ENCODING) {
      if (++encodings > 1 || !sliceEquals(text, start, end, 'chunked') || hasTabBehind(text, end)) {
        return refuse(head, 'VG_FRAMING_CONFLICT', 'Transfer-Encoding is not exactly chunked')
      }
    } else if (kind === FIELD_CONNECTION) {
      options |= readConnectionOptions(fields, start, end)
    } else if (kind === FIELD_PROXY_CONNECTION) {
      proxyOptions |= readConnectionOptions(fields, start, end)
    } else if (kind === FIELD_UPGRADE) {
      upgrades++
      websocket = sliceEquals(text, start, end, 'websocket')
    } else if (kind === FIELD_TE) {
      head.acceptsTrailers ||= listsTrailers(text, start, end)
    } else if (kind === FIELD_EXPECT) {
      head.expectsContinue = head.minor === 1 && sliceEquals(text, start, end, '100-continue')
    } else if (kind === FIELD_MAX_FORWARDS) {
      head.maxForwards = parseDigits(text, start, end)
    }
  }

  if (((options | proxyOptions) & OPTIONS_MALFORMED) !== 0) {
    return refuse(head, 'VG_REQUEST_MALFORMED', 'the Connection field is malformed')
  }
  if (hosts === 0 && head.minor === 1) return refuse(head, 'VG_REQUEST_MALFORMED', 'the Host field is missing')
  if (encodings > 0 && lengths > 0) {
    return refuse(head, 'VG_FRAMING_CONFLICT', 'both Content-Length and Transfer-Encoding')
  }
  // RFC 9112 §6.1: a transfer coding in an HTTP/1.0 message is faulty framing
  if (encodings > 0 && head.minor === 0) return refuse(head, 'VG_FRAMING_CONFLICT', 'Transfer-Encoding in HTTP/1.0')
  head.body = encodings > 0 ? BODY_CHUNKED : lengths > 0 && head.contentLength > 0 ? BODY_LENGTH : BODY_NONE
  head.keepAlive = isKeptAlive(head.minor, options | proxyOptions)
  const asksForWebSocket = websocket && upgrades === 1 && (options & OPTION_UPGRADE) !== 0
  head.upgrade = asksForWebSocket && head.method === 'GET' && head.minor === 1 && head.body === BODY_NONE
  return true
}

/** RFC 9112 §9.3; browsers tell a proxy by `Proxy-Connection` what `Connection` says elsewhere. */
function isKeptAlive(minor: number, options: number): boolean {
  if ((options & OPTION_CLOSE) !== 0) return false
  return minor === 1 || (options & OPTION_KEEP_ALIVE) !== 0
}

/** RFC 9112 §3.2: a Host with an invalid value is refused even where the target overrides it. */
function isHostValue(text: string, start: number, end: number): boolean {
  for (let i = start; i < end; i++) {
    const c = text.charCodeAt(i)
    const isPlain =
      (c >= 0x61 && c <= 0x7a) || (c >= 0x30 && c <= 0x3a) || (c >= 0x41 && c <= 0x5a) || c === 0x2e || c === 0x2d
    if (!isPlain && !HOST_PUNCTUATION.includes(text.charAt(i))) return false
  }
  return true
}

/** RFC 3986 §3.2.2 reg-name and IP-literal, without `@`: user information has no place in Host. */
const HOST_PUNCTUATION = "_~%!$&'()*+;=[]"

/** RFC 9110 §10.1.4; weights and other codings do not matter, they end here. */
function listsTrailers(text: string, start: number, end: number): boolean {
  return text
    .slice(start, end)
    .split(',')
    .some((member) => member.trim().toLowerCase() === 'trailers')
}

function isDigit(value: number): boolean {
  return value >= 0 && value <= 9
}

function refuse(head: RequestHead, error: ErrorCode, detail: string): false {
  head.error = error
  head.detail = detail
  return false
}

function refuseLine(head: RequestHead, error: ErrorCode, detail: string): 0 {
  refuse(head, error, detail)
  return 0
}
