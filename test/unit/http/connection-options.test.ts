import { describe, expect, test } from 'vitest'
import {
  connectionOptions,
  OPTION_CLOSE,
  OPTION_KEEP_ALIVE,
  OPTION_UPGRADE,
  OPTIONS_MALFORMED,
  readConnectionOptions,
} from '../../../src/http/connection-options.js'
import { createFieldTable, DROP_HOP } from '../../../src/http/field-table.js'
import {
  createHeadFields,
  fieldCode,
  fieldName,
  scanFields,
  valueEnd,
  valueStart,
} from '../../../src/http/head-fields.js'

describe('readConnectionOptions', () => {
  test.each([
    ['close', OPTION_CLOSE],
    ['Keep-Alive', OPTION_KEEP_ALIVE],
    ['keep-alive, Upgrade', OPTION_KEEP_ALIVE | OPTION_UPGRADE],
    ['close,keep-alive', OPTION_CLOSE | OPTION_KEEP_ALIVE],
    [',, close\t, ,', OPTION_CLOSE],
    ['', 0],
    ['closed', 0],
    ['clos', 0],
    ['x-a', 0],
  ])('reads %j', (value, options) => {
    expect(read(value).options).toBe(options)
  })

  test.each(['close;now', 'keep alive', '"close"', 'close=1', '\xe9'])('calls %j malformed', (value) => {
    expect(read(value).options & OPTIONS_MALFORMED).not.toBe(0)
  })

  test('marks the fields it nominates, before and behind it, in any case', () => {
    expect(read('X-A, x-b ,cookie', 'x-a: 1', 'Cookie: c', 'X-B: 2', 'x-ab: 3', 'x: 4').dropped).toEqual([
      'x-a',
      'Cookie',
      'X-B',
    ])
  })

  test('does not let framing and Host be nominated', () => {
    expect(
      read('host, content-length, transfer-encoding', 'Host: a', 'Content-Length: 1', 'Transfer-Encoding: x').dropped,
    ).toEqual([])
  })
})

describe('connectionOptions', () => {
  test('lists the options of all Connection fields for the trailers', () => {
    const { fields } = scan(['Connection: x-a, close', 'A: b', 'Proxy-Connection: x-b'])
    expect(
      connectionOptions(fields)
        .split(',')
        .map((option) => option.trim()),
    ).toEqual(['x-a', 'close', 'x-b', ''])
    expect(connectionOptions(scan(['A: b']).fields)).toBe('')
  })
})

function scan(lines: readonly string[]) {
  const fields = createHeadFields(16)
  const result = scanFields(lines.map((line) => `${line}\r\n`).join(''), 0, 16, createFieldTable([]), fields)
  return { fields, result }
}

function read(value: string, ...others: string[]) {
  const { fields } = scan([...others.slice(0, 1), `Connection:${value}`, ...others.slice(1)])
  const at = Math.min(1, others.length)
  const options = readConnectionOptions(fields, valueStart(fields, at), valueEnd(fields, at))
  const dropped: string[] = []
  for (let i = 0; i < fields.count; i++)
    if (i !== at && (fieldCode(fields, i) & DROP_HOP) !== 0) dropped.push(fieldName(fields, i))
  return { options, dropped }
}
