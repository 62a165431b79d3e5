import type { AccessRecord } from '../../channels.js'
import { escapeQuoted } from '../escape.js'
import {
  endedAt,
  hierarchyStatus,
  localTime,
  protocolVersion,
  requestMethod,
  requestStatus,
  requestUrl,
  userName,
} from './squid-fields.js'

/** Squid's `common`: `%>a - %[un [%tl] "%rm %ru HTTP/%rv" %>Hs %<st %Ss:%Sh`. */
export function formatCommon(record: AccessRecord): string {
  return `${commonStart(record)} ${commonEnd(record)}`
}

/** Up to the byte count: what `common` and `combined` share. */
export function commonStart(record: AccessRecord): string {
  const request = escapeQuoted(`${requestMethod(record)} ${requestUrl(record)} ${protocolVersion(record)}`)
  return (
    `${record.client.ip} - ${userName(record)} [${localTime(endedAt(record))}] "${request}" ` +
    `${record.status} ${record.bytes.toClient}`
  )
}

export function commonEnd(record: AccessRecord): string {
  return `${requestStatus(record)}:${hierarchyStatus(record)}`
}
