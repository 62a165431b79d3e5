import { type ErrorCode, ProxyError } from '../errors.js'
import { createFieldTable } from '../http/field-table.js'
import type { FieldRules } from '../http/header-policy.js'
import { BROKEN, createResponseReader, HEAD, NEED_DATA } from '../http/message-reader.js'
import { createResponseHead } from '../http/response-head.js'
import { type Hop, hasCredentials, hopPlace } from '../policy/hop.js'
import { type HandshakeWith, MORE, type Progress } from './handshake.js'

/** Parents answer a CONNECT with a few fields; their error pages come as content, which is not read. */
const LIMITS = { headBytes: 16_384, headFields: 100, uriBytes: 16_384 }
const MAX_INTERIM_RESPONSES = 8
/** No field of an answer goes anywhere. */
const NO_RULES: FieldRules = { table: createFieldTable(), acts: new Uint8Array(1) }
/** Read within one turn of the event loop, so one serves all. */
const RESPONSE_HEAD = createResponseHead(LIMITS)

/** What the status of a parent says of the target; anything else is a refusal of its own. */
const TARGET_ERRORS: Readonly<Record<number, ErrorCode>> = {
  502: 'VG_ORIGIN_TERMINATED',
  // what Squid says of an origin that refuses, of one it cannot reach and of names that do not resolve
  503: 'VG_ORIGIN_UNROUTABLE',
  504: 'VG_ORIGIN_CONNECT_TIMEOUT',
}

/** CONNECT (RFC 9110 §9.3.6), with the credentials of this hop (RFC 7617) and no other. */
export const httpHandshake: HandshakeWith = function httpHandshake(hop, target) {
  const place = hopPlace(target)
  // whatever a parent answers to CONNECT, its content is not read: as with HEAD, where there is none
  const reader = createResponseReader(
    RESPONSE_HEAD,
    LIMITS,
    () => NO_RULES.table,
    methodWithoutContent,
    () => NO_RULES,
  )
  let interimResponses = 0

  return {
    opening: Buffer.from(`CONNECT ${place} HTTP/1.1\r\nHost: ${place}\r\n${credentialFields(hop)}\r\n`, 'latin1'),
    receive(octets) {
      reader.receive(octets)
      for (;;) {
        const event = reader.next()
        if (event === NEED_DATA) return MORE
        if (event === BROKEN) return failed(new ProxyError('VG_UPSTREAM_UNAVAILABLE', 'it does not answer in HTTP'))
        // END of an interim response
        if (event !== HEAD) continue
        const { status } = RESPONSE_HEAD
        const isFinal = status >= 200 || status === 101 || ++interimResponses > MAX_INTERIM_RESPONSES
        if (!isFinal) continue
        const error = errorOf(status)
        return error === null ? { outcome: 'granted', unread: reader.takeUnread() } : failed(error)
      }
    },
  }
}

/** The field line that shows a hop who we are; empty where it has no credentials. */
export function credentialFields(hop: Hop): string {
  if (!hasCredentials(hop)) return ''
  const token = Buffer.from(`${hop.username}:${hop.password}`, 'utf8').toString('base64')
  return `Proxy-Authorization: Basic ${token}\r\n`
}

function errorOf(status: number): ProxyError | null {
  if (status >= 200 && status < 300) return null
  if (status === 407) return new ProxyError('VG_UPSTREAM_CREDENTIALS')
  return new ProxyError(TARGET_ERRORS[status] ?? 'VG_UPSTREAM_DENIED', `it answered ${status}`)
}

function failed(error: ProxyError): Progress {
  return { outcome: 'failed', error }
}

function methodWithoutContent(): string {
  return 'HEAD'
}
