import {
  DROP_HOP,
  FIELD_CONTENT_LENGTH,
  FIELD_KIND_MASK,
  FIELD_TRANSFER_ENCODING,
  NOT_IN_TRAILERS,
} from './field-table.js'
import { createHeadFields, FIELDS_OK, fieldCode, fieldName, lineEnd, nameStart, scanFields } from './head-fields.js'
import { actOn, type FieldRules, KEEP } from './header-policy.js'

/**
 * The trailer lines that go on: not those of this connection, none with which
 * the profile does anything, and none that would change what the message means
 * if a recipient merged it into the head (RFC 9110 §6.5.1).
 *
 * @param text latin1, field lines each with its CRLF
 * @param nominations the `Connection` options of the head; they name fields of the trailers too (RFC 9110 §7.6.1)
 * @returns undefined when the lines are malformed, more than `maxFields`, or say again how long the message is
 */
export function keptTrailers(
  text: string,
  maxFields: number,
  rules: FieldRules,
  nominations: string,
): string | undefined {
  if (text === '') return ''
  const fields = createHeadFields(maxFields)
  if (scanFields(text, 0, maxFields, rules.table, fields) !== FIELDS_OK) return undefined
  const nominated = nominations.toLowerCase().split(/[\t ,]+/)
  let kept = ''
  for (let i = 0; i < fields.count; i++) {
    const code = fieldCode(fields, i)
    if (isFraming(code & FIELD_KIND_MASK)) return undefined
    if ((code & (DROP_HOP | NOT_IN_TRAILERS)) !== 0 || actOn(rules, code) !== KEEP) continue
    if (nominated.includes(fieldName(fields, i).toLowerCase())) continue
    kept += text.slice(nameStart(fields, i), lineEnd(fields, i))
  }
  return kept
}

/** Only somebody who wants two parsers to disagree states a length behind the body; Node's parser refuses it as well. */
function isFraming(kind: number): boolean {
  return kind === FIELD_CONTENT_LENGTH || kind === FIELD_TRANSFER_ENCODING
}
