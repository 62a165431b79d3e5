import { createFieldTable, FIELD_KIND_MASK } from './field-table.js'
import { createHeadFields, fieldCode, fieldValue, scanFields } from './head-fields.js'

const MAX_FIELDS = 4_096
const table = createFieldTable([])
const fields = createHeadFields(MAX_FIELDS)

/**
 * A field of a request head that was read before, for what is looked up only
 * when something is refused or logged; empty where there is none.
 *
 * @param headText the whole head as received, latin1
 */
export function receivedValue(headText: string, kind: number): string {
  const fieldsStart = headText.indexOf('\r\n') + 2
  if (scanFields(headText, fieldsStart, MAX_FIELDS, table, fields) !== 0) return ''
  for (let i = 0; i < fields.count; i++) {
    if ((fieldCode(fields, i) & FIELD_KIND_MASK) === kind) return fieldValue(fields, i)
  }
  return ''
}
