import { type Disguise, disguisedAgent, LANGUAGE } from './disguise.js'
import {
  DROP_HOP,
  FIELD_CONTENT_LENGTH,
  FIELD_EXPECT,
  FIELD_HOST,
  FIELD_KIND_MASK,
  FIELD_MAX_FORWARDS,
  FIELD_TRANSFER_ENCODING,
  FIELD_UPGRADE,
} from './field-table.js'
import { fieldCode, fieldValue, lineEnd, nameEnd, nameStart, valueEnd, valueStart } from './head-fields.js'
import {
  actOn,
  CUT_REFERER,
  DISGUISE_AGENT,
  DISGUISE_LANGUAGE,
  type FieldRules,
  type HeaderPolicy,
  HIDE_APP,
  KEEP,
  REMOVE,
} from './header-policy.js'
import { refererFor } from './referer.js'
import type { RequestHead } from './request-head.js'
import type { ResponseHead } from './response-head.js'
import type { SiteHost } from './site.js'

/** Where a request goes. `host` is the value of the Host field: the target's authority (RFC 9112 §3.2.2). */
export type ForwardedTo = SiteHost & {
  /** Origin-form target (RFC 9112 §3.2.1). */
  readonly path: string
  /** One site loads something from another: third-party.ts. */
  readonly isThirdParty: boolean
  /** Of the identity it goes with; without one the browser's own family stays. */
  readonly disguise?: Disguise | undefined
}

/**
 * The head that goes to the origin: the fields that stay keep their order,
 * case and spacing, because the order of fields is itself a fingerprint. They
 * are copied as runs of the received text, in one pass.
 *
 * @param removed gets the names the profile took out; undefined when nobody asks
 */
export function forwardedRequestHead(
  head: RequestHead,
  to: ForwardedTo,
  policy: HeaderPolicy,
  removed: string[] | undefined,
): string {
  const { fields } = head
  const { text, count } = fields
  const { path, host } = to
  let out = `${head.method} ${path} HTTP/1.1\r\n`
  let run = fields.start
  let isHostWritten = false

  for (let i = 0; i < count; i++) {
    const code = fieldCode(fields, i)
    const kind = code & FIELD_KIND_MASK
    if (kind === FIELD_HOST) {
      out += text.slice(run, valueStart(fields, i)) + host
      run = valueEnd(fields, i)
      isHostWritten = true
      continue
    }
    const isHop = (code & DROP_HOP) !== 0
    if (isHop && kind === FIELD_UPGRADE && head.upgrade) continue
    const act = isHop ? REMOVE : actOn(policy.request, code)
    const value = isHop ? '' : valueFor(head, i, kind, act, to, policy)
    if (value === undefined) continue
    out += text.slice(run, value === '' ? nameStart(fields, i) : valueStart(fields, i)) + value
    run = value === '' ? lineEnd(fields, i) : valueEnd(fields, i)
    if (value === '' && act !== KEEP && !isHop) removed?.push(text.slice(nameStart(fields, i), nameEnd(fields, i)))
  }

  out += text.slice(run)
  if (!isHostWritten) out = insertHost(out, host)
  if (head.upgrade) out += 'Connection: Upgrade\r\n'
  else if (head.acceptsTrailers) out += 'TE: trailers\r\nConnection: TE\r\n'
  return `${out}${policy.added}\r\n`
}

/** The value a field goes on with where it differs from what was received; empty when the field goes. */
function valueFor(
  head: RequestHead,
  i: number,
  kind: number,
  act: number,
  to: ForwardedTo,
  policy: HeaderPolicy,
): string | undefined {
  const { fields } = head
  switch (act) {
    case KEEP:
      return protocolValue(head, kind)
    case REMOVE:
      return ''
    case CUT_REFERER:
      return refererFor(fieldValue(fields, i), to, policy.cutsTracking)
    case HIDE_APP:
      return isAppId(fieldValue(fields, i)) ? '' : undefined
    case DISGUISE_AGENT:
      return disguisedAgent(fieldValue(fields, i), to.disguise)
    case DISGUISE_LANGUAGE:
      return to.disguise?.language ?? LANGUAGE
    default:
      return to.isThirdParty ? '' : undefined
  }
}

/** What HTTP itself changes on the way, whatever the profile. */
function protocolValue(head: RequestHead, kind: number): string | undefined {
  // RFC 9110 §10.1.1: an HTTP/1.0 client expects no interim response
  if (kind === FIELD_EXPECT && head.minor === 0) return ''
  if (kind === FIELD_MAX_FORWARDS && head.maxForwards > 0 && countsForwards(head.method)) {
    return String(head.maxForwards - 1)
  }
  return undefined
}

/** RFC 9110 §7.6.2: only these methods count their forwards. */
export function countsForwards(method: string): boolean {
  return method === 'OPTIONS' || method === 'TRACE'
}

/** An Android package id (`com.example.app`): web views name the app that embeds them, pages say `XMLHttpRequest`. */
function isAppId(value: string): boolean {
  return value.includes('.')
}

export type AbsoluteForm = {
  readonly method: string
  /** As `forwardedRequestHead` made it. */
  readonly requestHead: string
  /** Value of the Host field. */
  readonly host: string
  /** Field lines for the parent alone, each with CRLF. */
  readonly parentFields: string
}

/**
 * The head for a parent proxy instead of the origin: the target in absolute-form
 * (RFC 9112 §3.2.2; the asterisk becomes an empty path, §3.2.4), and what the
 * parent alone shall read.
 */
export function absoluteFormHead({ method, requestHead, host, parentFields }: AbsoluteForm): string {
  // the head's own path: a profile may have cut the one that was received
  const end = requestHead.indexOf(' ', method.length + 1)
  const path = requestHead.slice(method.length + 1, end)
  const target = path === '*' ? `http://${host}` : `http://${host}${path}`
  const rest = requestHead.slice(end, -2)
  return `${method} ${target}${rest}${parentFields}\r\n`
}

function insertHost(out: string, host: string): string {
  const fieldsStart = out.indexOf('\r\n') + 2
  return `${out.slice(0, fieldsStart)}Host: ${host}\r\n${out.slice(fieldsStart)}`
}

/** How the head for the client differs from the one received. */
export type ResponseRewrite = {
  /** Field lines for this connection, each with CRLF: `Connection: close` and the like. */
  readonly connection: string
  /** The body goes on without its chunked framing (RFC 9112 §6.1: the client speaks HTTP/1.0). */
  readonly dropsTransferEncoding: boolean
  /** The request was one site's to another. */
  readonly isThirdParty: boolean
}

/** The head that goes to the client, made like `forwardedRequestHead`. */
export function forwardedResponseHead(
  head: ResponseHead,
  { connection, dropsTransferEncoding, isThirdParty }: ResponseRewrite,
  rules: FieldRules,
): string {
  const { fields } = head
  const { text, count } = fields
  let out = 'HTTP/1.1'
  let run = 'HTTP/1.x'.length

  for (let i = 0; i < count; i++) {
    const code = fieldCode(fields, i)
    const act = actOn(rules, code)
    const isKept = act === KEEP || (act !== REMOVE && !isThirdParty)
    if (isKept && !isDroppedFromResponse(code, head, dropsTransferEncoding)) continue
    out += text.slice(run, nameStart(fields, i))
    run = lineEnd(fields, i)
  }
  return `${out}${text.slice(run)}${connection}\r\n`
}

/** What belongs to the connection to the origin, and lengths where none may stand. */
function isDroppedFromResponse(code: number, { status, upgrade }: ResponseHead, dropsEncoding: boolean): boolean {
  const kind = code & FIELD_KIND_MASK
  if ((code & DROP_HOP) !== 0) return !(kind === FIELD_UPGRADE && upgrade)
  // RFC 9110 §8.6, RFC 9112 §6.1: neither has a place in a 1xx or 204
  const hasNoContent = status < 200 || status === 204
  if (kind === FIELD_CONTENT_LENGTH) return hasNoContent
  return kind === FIELD_TRANSFER_ENCODING && (hasNoContent || dropsEncoding)
}
