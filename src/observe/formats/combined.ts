import type { AccessRecord } from '../../channels.js'
import { escapeQuoted } from '../escape.js'
import { strippedUrl } from '../redact.js'
import { commonEnd, commonStart } from './common.js'

/** Squid's `combined`: `common` with `"%{Referer}>h" "%{User-Agent}>h"` before its end. The Referer's query is cut off. */
export function formatCombined(record: AccessRecord): string {
  return `${commonStart(record)} ${quoted(strippedUrl(record.referer))} ${quoted(record.userAgent)} ${commonEnd(record)}`
}

function quoted(value: string): string {
  return `"${value === '' ? '-' : escapeQuoted(value)}"`
}
