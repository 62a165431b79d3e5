import { describe, expect, test } from 'vitest'
import { createFieldTable, FIELD_HOST } from '../../../src/http/field-table.js'
import {
  createHeadFields,
  FIELDS_MALFORMED,
  FIELDS_OK,
  FIELDS_TOO_MANY,
  fieldCode,
  fieldName,
  fieldValue,
  lineEnd,
  nameStart,
  scanFields,
  setFieldCode,
} from '../../../src/http/head-fields.js'

const table = createFieldTable([])

describe('scanFields', () => {
  test('finds names and values where they stand, without the white space round values', () => {
    const text = 'GET / HTTP/1.1\r\nA:b\r\nC-d: \te f\t \r\nE:\r\nhost:   x\r\n'
    const fields = createHeadFields(8)
    expect(scanFields(text, 16, 8, table, fields)).toBe(FIELDS_OK)
    const read = Array.from({ length: fields.count }, (_, i) => [fieldName(fields, i), fieldValue(fields, i)])
    expect(read).toEqual([
      ['A', 'b'],
      ['C-d', 'e f'],
      ['E', ''],
      ['host', 'x'],
    ])
    expect(text.slice(nameStart(fields, 1), lineEnd(fields, 1))).toBe('C-d: \te f\t \r\n')
    expect(text.slice(nameStart(fields, 3), lineEnd(fields, 3))).toBe('host:   x\r\n')
    expect(fieldCode(fields, 3) & 0xff).toBe(FIELD_HOST)
    expect(fields.start).toBe(16)
  })

  test('forgets the head before', () => {
    const fields = createHeadFields(8)
    scanFields('A: 1\r\nB: 2\r\n', 0, 8, table, fields)
    setFieldCode(fields, 0, 77)
    scanFields('C: 3\r\n', 0, 8, table, fields)
    expect([fields.count, fieldName(fields, 0), fieldCode(fields, 0)]).toEqual([1, 'C', 0])
  })

  test.each([
    ['A: b', 'no line end'],
    ['A: b\n', 'a bare LF'],
    ['A: b\r', 'a bare CR'],
    ['A: b\r\r\n', 'two CR'],
    ['A: b\rC: d\r\n', 'a CR in a value'],
    ['A : b\r\n', 'a space before the colon'],
    ['A\t: b\r\n', 'a tab before the colon'],
    [' A: b\r\n', 'a space before the name'],
    ['A: b\r\n c\r\n', 'a folded line'],
    ['A: b\r\n\r\n', 'an empty line'],
    ['A\r\n', 'no colon'],
    [': b\r\n', 'no name'],
    ['A@: b\r\n', 'a name that is no token'],
    ['\xc4: b\r\n', 'a name above ASCII'],
    ['A: \0\r\n', 'NUL'],
    ['A: \x7f\r\n', 'DEL'],
    ['A: \x0b\r\n', 'a vertical tab'],
  ])('refuses %j: %s', (text) => {
    expect(scanFields(text, 0, 8, table, createHeadFields(8))).toBe(FIELDS_MALFORMED)
  })

  test('counts: as many fields as allowed, and not one more', () => {
    expect(scanFields('A: b\r\n'.repeat(4), 0, 4, table, createHeadFields(4))).toBe(FIELDS_OK)
    expect(scanFields('A: b\r\n'.repeat(5), 0, 4, table, createHeadFields(4))).toBe(FIELDS_TOO_MANY)
  })

  test('takes a head without fields', () => {
    expect(scanFields('GET / HTTP/1.1\r\n', 16, 4, table, createHeadFields(4))).toBe(FIELDS_OK)
  })
})
