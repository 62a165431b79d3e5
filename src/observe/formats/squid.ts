import type { AccessRecord } from '../../channels.js'
import {
  endedAt,
  hierarchyStatus,
  mediaType,
  peerAddress,
  requestMethod,
  requestStatus,
  requestUrl,
  userName,
} from './squid-fields.js'

/** Squid's native format: `%ts.%03tu %6tr %>a %Ss/%03>Hs %<st %rm %ru %[un %Sh/%<a %mt`. */
export function formatSquid(record: AccessRecord): string {
  const ended = endedAt(record)
  const seconds = Math.floor(ended / 1000)
  const millis = String(ended % 1000).padStart(3, '0')
  const elapsed = String(Math.round(record.ms.total)).padStart(6)
  const status = String(record.status).padStart(3, '0')
  return (
    `${seconds}.${millis} ${elapsed} ${record.client.ip} ${requestStatus(record)}/${status} ${record.bytes.toClient} ` +
    `${requestMethod(record)} ${requestUrl(record)} ${userName(record)} ` +
    `${hierarchyStatus(record)}/${peerAddress(record)} ${mediaType(record)}`
  )
}
