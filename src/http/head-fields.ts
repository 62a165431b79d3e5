import { type FieldTable, hashStep } from './field-table.js'
import { COLON, CR, HTAB, LF, SP, TOKEN_LOWER, VALUE_CHAR } from './syntax.js'

/** Numbers kept of each field: where its name starts and ends, where its value starts and ends, its code. */
const STRIDE = 5

/**
 * The fields of one received head as places in its text: nothing is copied, so
 * order and case stay what the sender chose. Belongs to the reader that filled
 * it and is overwritten by the next head.
 */
export type HeadFields = {
  text: string
  count: number
  /** Where the first field line begins. */
  start: number
  readonly places: Int32Array
}

export function createHeadFields(maxFields: number): HeadFields {
  return { text: '', count: 0, start: 0, places: new Int32Array((maxFields + 1) * STRIDE) }
}

export const nameStart = (fields: HeadFields, i: number): number => fields.places[i * STRIDE] ?? 0
export const nameEnd = (fields: HeadFields, i: number): number => fields.places[i * STRIDE + 1] ?? 0
export const valueStart = (fields: HeadFields, i: number): number => fields.places[i * STRIDE + 2] ?? 0
export const valueEnd = (fields: HeadFields, i: number): number => fields.places[i * STRIDE + 3] ?? 0
export const fieldCode = (fields: HeadFields, i: number): number => fields.places[i * STRIDE + 4] ?? 0
export const fieldName = (fields: HeadFields, i: number): string =>
  fields.text.slice(nameStart(fields, i), nameEnd(fields, i))
export const fieldValue = (fields: HeadFields, i: number): string =>
  fields.text.slice(valueStart(fields, i), valueEnd(fields, i))

export function setFieldCode(fields: HeadFields, i: number, code: number): void {
  fields.places[i * STRIDE + 4] = code
}

/** Where the line of field `i` ends: behind its CRLF. */
export function lineEnd(fields: HeadFields, i: number): number {
  return i + 1 < fields.count ? nameStart(fields, i + 1) : fields.text.length
}

export const FIELDS_OK = 0
export const FIELDS_MALFORMED = -1
export const FIELDS_TOO_MANY = -2

/**
 * Reads field lines strictly (RFC 9112 §5): a token, a colon right behind it,
 * a value without control characters, CRLF. Folded lines, space before the
 * colon, bare CR or LF and lines without a colon are refused, because they are
 * where two parsers disagree.
 *
 * @param text latin1; ends with the CRLF of the last field line
 * @param start where the first field line begins
 */
export function scanFields(
  text: string,
  start: number,
  maxFields: number,
  table: FieldTable,
  into: HeadFields,
): number {
  const { places } = into
  const length = text.length
  let count = 0
  let at = start

  while (at < length) {
    if (count === maxFields) return FIELDS_TOO_MANY
    const from = at
    let hash = 0
    let c = text.charCodeAt(at)
    for (let lower = TOKEN_LOWER[c]; lower !== 0 && lower !== undefined; lower = TOKEN_LOWER[c]) {
      hash = hashStep(hash, lower)
      c = text.charCodeAt(++at)
    }
    const nameStop = at
    if (c !== COLON || nameStop === from) return FIELDS_MALFORMED

    c = text.charCodeAt(++at)
    while (c === SP || c === HTAB) c = text.charCodeAt(++at)
    const valueFrom = at
    while (VALUE_CHAR[c] === 1) c = text.charCodeAt(++at)
    if (c !== CR || text.charCodeAt(at + 1) !== LF) return FIELDS_MALFORMED
    let valueStop = at
    while (valueStop > valueFrom && isBlank(text.charCodeAt(valueStop - 1))) valueStop--

    const place = count++ * STRIDE
    places[place] = from
    places[place + 1] = nameStop
    places[place + 2] = valueFrom
    places[place + 3] = valueStop
    places[place + 4] = table.codeOf(text, from, nameStop, hash)
    at += 2
  }

  into.text = text
  into.start = start
  into.count = count
  return FIELDS_OK
}

function isBlank(c: number): boolean {
  return c === SP || c === HTAB
}
