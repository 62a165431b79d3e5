import {
  DROP_HOP,
  FIELD_CONNECTION,
  FIELD_CONTENT_LENGTH,
  FIELD_HOST,
  FIELD_KIND_MASK,
  FIELD_PROXY_CONNECTION,
  FIELD_TRANSFER_ENCODING,
} from './field-table.js'
import { fieldCode, fieldValue, type HeadFields, nameEnd, nameStart, setFieldCode } from './head-fields.js'
import { COLON, HTAB, SP, sliceEquals, TOKEN_LOWER } from './syntax.js'

const COMMA = 0x2c

/** What the `Connection` fields of a head say, as bits. */
export const OPTION_CLOSE = 1
export const OPTION_KEEP_ALIVE = 2
export const OPTION_UPGRADE = 4
export const OPTIONS_MALFORMED = 8

/**
 * Reads one `Connection` value and marks the fields it nominates as belonging
 * to this connection (RFC 9110 §7.6.1). Framing and `Host` cannot be nominated
 * away: they are what the next recipient reads the message by.
 *
 * @returns the options met, as bits
 */
export function readConnectionOptions(fields: HeadFields, start: number, end: number): number {
  const { text } = fields
  let options = 0
  let at = start
  while (at < end) {
    const c = text.charCodeAt(at)
    if (c === COMMA || c === SP || c === HTAB) {
      at++
      continue
    }
    const from = at
    while (at < end && TOKEN_LOWER[text.charCodeAt(at)] !== 0) at++
    if (at === from) return options | OPTIONS_MALFORMED
    options |= optionBit(fields, from, at)
    while (at < end && (text.charCodeAt(at) === SP || text.charCodeAt(at) === HTAB)) at++
    if (at < end && text.charCodeAt(at) !== COMMA) return options | OPTIONS_MALFORMED
  }
  return options
}

/** All options of a head as one list, for the trailers that they nominate as well; empty where there are none. */
export function connectionOptions(fields: HeadFields): string {
  let options = ''
  for (let i = 0; i < fields.count; i++) {
    const kind = fieldCode(fields, i) & FIELD_KIND_MASK
    if (kind === FIELD_CONNECTION || kind === FIELD_PROXY_CONNECTION) options += `${fieldValue(fields, i)},`
  }
  return options
}

function optionBit(fields: HeadFields, start: number, end: number): number {
  const { text } = fields
  if (sliceEquals(text, start, end, 'keep-alive')) return OPTION_KEEP_ALIVE
  if (sliceEquals(text, start, end, 'close')) return OPTION_CLOSE
  if (sliceEquals(text, start, end, 'upgrade')) return OPTION_UPGRADE
  markNominated(fields, start, end)
  return 0
}

function markNominated(fields: HeadFields, start: number, end: number): void {
  for (let i = 0; i < fields.count; i++) {
    const code = fieldCode(fields, i)
    const kind = code & FIELD_KIND_MASK
    if (kind === FIELD_HOST || kind === FIELD_CONTENT_LENGTH || kind === FIELD_TRANSFER_ENCODING) continue
    const from = nameStart(fields, i)
    if (nameEnd(fields, i) - from === end - start && sameToken(fields.text, from, start, end)) {
      setFieldCode(fields, i, code | DROP_HOP)
    }
  }
}

/** The token at `from` equals the one at `[start, end)`; the caller has compared the lengths. */
function sameToken(text: string, from: number, start: number, end: number): boolean {
  for (let i = 0; start + i < end; i++) {
    const c = text.charCodeAt(from + i)
    if (c === COLON || TOKEN_LOWER[c] !== TOKEN_LOWER[text.charCodeAt(start + i)]) return false
  }
  return true
}
