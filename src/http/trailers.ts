import { DROP_HOP, DROP_IDENTITY, type FieldTable, NOT_IN_TRAILERS } from './field-table.js'
import { FIELDS_OK, createHeadFields, fieldCode, lineEnd, nameStart, scanFields } from './head-fields.js'

/**
 * The trailer lines that go on: not those of this connection, not those that
 * name the client, and none that would change what the message means if a
 * recipient merged it into the head (RFC 9110 §6.5.1).
 *
 * @param text latin1, field lines each with its CRLF
 * @returns undefined when the lines are malformed or more than `maxFields`
 */
export function keptTrailers(text: string, maxFields: number, table: FieldTable): string | undefined {
  if (text === '') return ''
  const fields = createHeadFields(maxFields)
  if (scanFields(text, 0, maxFields, table, fields) !== FIELDS_OK) return undefined
  let kept = ''
  for (let i = 0; i < fields.count; i++) {
    if ((fieldCode(fields, i) & (DROP_HOP | DROP_IDENTITY | NOT_IN_TRAILERS)) !== 0) continue
    kept += text.slice(nameStart(fields, i), lineEnd(fields, i))
  }
  return kept
}
