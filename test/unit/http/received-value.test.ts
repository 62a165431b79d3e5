import { describe, expect, test } from 'vitest'
import { createFieldTable, FIELD_ACCEPT, FIELD_REFERER, FIELD_USER_AGENT } from '../../../src/http/field-table.js'
import { createHeadFields, scanFields } from '../../../src/http/head-fields.js'
import { firstValue, receivedFields } from '../../../src/http/received-value.js'

const LINE = 'GET http://a/ HTTP/1.1\r\n'
const HEAD = `${LINE}Host: a\r\nuser-agent:  first \r\nUser-Agent: second\r\nAccept:\r\n`

function fieldsOf(head: string) {
  const fields = createHeadFields(10)
  expect(scanFields(head, LINE.length, 10, createFieldTable(['user-agent']), fields)).toBe(0)
  return fields
}

describe('the fields of a head that was read before', () => {
  const later = fieldsOf(`${LINE}User-Agent: of another request\r\n`)

  test.each([
    ['that is the last one read', fieldsOf(HEAD)],
    ['that others came after', receivedFields(HEAD, later)],
  ])('%s are told by their kind', (_, fields) => {
    expect(firstValue(fields, FIELD_USER_AGENT)).toBe('first')
    expect(firstValue(fields, FIELD_ACCEPT)).toBe('')
    expect(firstValue(fields, FIELD_REFERER)).toBe('')
  })

  test('are those of the reader where it has not gone on', () => {
    const fields = fieldsOf(HEAD)
    expect(receivedFields(HEAD, fields)).toBe(fields)
    expect(receivedFields(HEAD, later)).not.toBe(later)
  })

  test('are none where the head cannot be read', () => {
    receivedFields(HEAD, later)
    expect(receivedFields(`${HEAD}A b\r\n`, later).count).toBe(0)
    expect(receivedFields('', later).count).toBe(0)
  })
})
