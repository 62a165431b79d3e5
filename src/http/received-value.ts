import { createFieldTable, FIELD_KIND_MASK } from './field-table.js'
import { createHeadFields, fieldCode, fieldValue, type HeadFields, scanFields } from './head-fields.js'

const MAX_FIELDS = 4_096
const table = createFieldTable([])
const readAgain = createHeadFields(MAX_FIELDS)

/**
 * The fields of a request head that was read before, for what is looked up only
 * when something is refused or logged. Valid until the next call.
 *
 * @param headText the whole head as received, latin1
 * @param fields of the reader: of this head, or of one that came after it
 */
export function receivedFields(headText: string, fields: HeadFields): HeadFields {
  if (fields.text === headText) return fields
  const fieldsStart = headText.indexOf('\r\n') + 2
  if (scanFields(headText, fieldsStart, MAX_FIELDS, table, readAgain) !== 0) readAgain.count = 0
  return readAgain
}

/** The value of the first field of a kind, empty where there is none. */
export function firstValue(fields: HeadFields, kind: number): string {
  for (let i = 0; i < fields.count; i++) {
    if ((fieldCode(fields, i) & FIELD_KIND_MASK) === kind) return fieldValue(fields, i)
  }
  return ''
}
