import type { AccessRecord } from '../../channels.js'
import { escapeWord } from '../escape.js'
import { withoutQuery } from '../redact.js'

/*
 * The format codes that Squid's `squid`, `common` and `combined` are made of,
 * as Squid 5.7 fills them in; docs/logs.md says what was compared with it.
 */

/** `%Ss`: what became of the request. */
export function requestStatus(record: AccessRecord): string {
  const { decision, target, status, error } = record
  if (decision.reason === 'malformed' || decision.reason === 'local') return 'NONE_NONE'
  if (isRefused(record)) return 'TCP_DENIED'
  if (target.form === 'authority') return status === 200 ? 'TCP_TUNNEL' : 'NONE_NONE'
  if (status === 101) return 'TCP_TUNNEL'
  return error === 'client_aborted' ? 'TCP_MISS_ABORTED' : 'TCP_MISS'
}

/** `%Sh`: how the origin was reached; through an upstream as through a peer of Squid's that is up. */
export function hierarchyStatus(record: AccessRecord): string {
  if (peerAddress(record) === '-') return 'HIER_NONE'
  return record.egress?.peer == null ? 'HIER_DIRECT' : 'FIRSTUP_PARENT'
}

/** `%<a`: the address dialed, that of the upstream where there is one, IPv6 without brackets; `-` where nothing was dialed. */
export function peerAddress(record: AccessRecord): string {
  const ip = record.egress?.peer ?? record.target.ip
  return record.egress === null || ip === null || isRefused(record) ? '-' : escapeWord(ip)
}

/** `%ru` with `strip_query_terms on`: the query is gone, the `?` before it stays. */
export function requestUrl({ target, method, error }: AccessRecord): string {
  if (error === 'VG_URI_TOO_LONG' || error === 'VG_HEAD_TOO_LARGE') return 'error:request-too-large'
  const { form, host, port, path, hadQuery = false } = target
  const hostName = host.includes(':') ? `[${host}]` : host
  switch (form) {
    case 'authority':
      return escapeWord(`${hostName}:${port}`)
    case 'absolute':
      return escapeWord(`http://${hostName}${port === 80 ? '' : `:${port}`}${shownPath(path, hadQuery)}`)
    case 'origin':
      return escapeWord(shownPath(path, hadQuery))
    case 'asterisk':
      return '*'
    case 'invalid':
      return method === '' ? 'error:transaction-end-before-headers' : 'error:invalid-request'
  }
}

/** `%rm`; `-` where none was read. */
export function requestMethod({ method }: AccessRecord): string {
  return escapeWord(method)
}

/** `HTTP/%rv`, and what Squid's own formats print where there was no request. */
export function protocolVersion({ method, httpMinor }: AccessRecord): string {
  return method === '' ? 'NONE/0.0' : `HTTP/1.${httpMinor}`
}

/** `%[un` */
export function userName({ client }: AccessRecord): string {
  return escapeWord(client.user ?? '')
}

/** `%mt`: the media type without parameters. */
export function mediaType({ contentType }: AccessRecord): string {
  return escapeWord(/^[^;\t ]*/.exec(contentType)?.[0] ?? '')
}

/** Squid writes its line when the transaction ends and stamps it with that moment; the record holds its beginning. */
export function endedAt({ ts, ms }: AccessRecord): number {
  return Math.round(ts + ms.total)
}

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'] as const
let shownSecond = Number.NaN
let shownTime = ''

/** `%tl`: `22/Nov/2026:12:00:00 +0000` in the local time zone. Made once a second. */
export function localTime(unixMs: number): string {
  const second = Math.floor(unixMs / 1000)
  if (second !== shownSecond) {
    shownSecond = second
    shownTime = toLocalTime(new Date(second * 1000))
  }
  return shownTime
}

function toLocalTime(date: Date): string {
  const offset = -date.getTimezoneOffset()
  const zone = `${offset < 0 ? '-' : '+'}${two(Math.floor(Math.abs(offset) / 60))}${two(Math.abs(offset) % 60)}`
  const day = `${two(date.getDate())}/${MONTHS[date.getMonth()]}/${date.getFullYear()}`
  return `${day}:${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())} ${zone}`
}

function two(value: number): string {
  return value < 10 ? `0${value}` : String(value)
}

/** The path alone: what the record must not hold is cut off again here, so that no caller can leak a query. */
function shownPath(path: string, hadQuery: boolean): string {
  const bare = withoutQuery(path.startsWith('/') ? path : `/${path}`)
  return hadQuery && !bare.endsWith('?') ? `${bare}?` : bare
}

/** In report mode a rule that would block refuses nothing. */
function isRefused({ decision, wouldBlock }: AccessRecord): boolean {
  const isRule = decision.reason === 'rule' || decision.reason === 'default'
  return decision.action === 'block' && !(wouldBlock && isRule)
}
