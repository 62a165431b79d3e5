import { describe, expect, test } from 'vitest'
import { createFieldTable } from '../../../src/http/field-table.js'
import { BODY_CHUNKED, BODY_LENGTH, BODY_NONE, BODY_UNTIL_CLOSE } from '../../../src/http/request-head.js'
import { createResponseHead, parseResponseHead, type ResponseHead } from '../../../src/http/response-head.js'
import { LIMITS } from '../../helpers/read-messages.js'

const table = createFieldTable([])

describe('the status line', () => {
  test.each([
    ['HTTP/1.1 200 OK', 200, 1],
    ['HTTP/1.0 404', 404, 0],
    ['HTTP/1.1 299 ', 299, 1],
    ['HTTP/1.1 999 caf\xe9\tx', 999, 1],
  ])('%j is %d', (line, status, minor) => {
    expect(parse(line, 'GET', 'Content-Length: 0')).toMatchObject({ status, minor, detail: '' })
  })

  test.each([
    'HTTP/1.2 200 OK',
    'HTTP/2.0 200 OK',
    'HTTP/1.1  200 OK',
    'HTTP/1.1 99 X',
    'HTTP/1.1 099 X',
    'HTTP/1.1 20x X',
    'HTTP/1.1 2000',
    'HTTP/1.1 200OK',
    'HTTP/1.1 200 a\x01',
    'ICY 200 OK',
    'http/1.1 200 OK',
    '',
  ])('refuses %j', (line) => {
    expect(parse(line, 'GET').detail).toBe('the status line is malformed')
  })
})

describe('the body', () => {
  test.each([
    ['GET', '200', [], BODY_UNTIL_CLOSE],
    ['GET', '200', ['Content-Length: 0'], BODY_NONE],
    ['GET', '200', ['Content-Length: 5'], BODY_LENGTH],
    ['GET', '200', ['Transfer-Encoding: CHUNKED'], BODY_CHUNKED],
    ['HEAD', '200', ['Content-Length: 5'], BODY_NONE],
    ['HEAD', '200', ['Transfer-Encoding: chunked'], BODY_NONE],
    ['HEAD', '200', [], BODY_NONE],
    ['GET', '204', ['Content-Length: 5'], BODY_NONE],
    ['GET', '304', ['Content-Length: 5'], BODY_NONE],
    ['GET', '103', ['Content-Length: 5'], BODY_NONE],
    ['GET', '205', [], BODY_UNTIL_CLOSE],
  ])('%s answered with %s and %j', (method, status, fields, body) => {
    expect(parse(`HTTP/1.1 ${status} X`, method, ...fields)).toMatchObject({ body, detail: '' })
  })

  test.each([
    ['Content-Length: 1', 'Content-Length: 1'],
    ['Content-Length: -1', ''],
    ['Content-Length: 1, 1', ''],
    ['Content-Length: 1\t', ''],
    ['Transfer-Encoding: gzip', ''],
    ['Transfer-Encoding: gzip, chunked', ''],
    ['Transfer-Encoding: chunked\t', ''],
    ['Transfer-Encoding: chunked', 'Transfer-Encoding: chunked'],
    ['Transfer-Encoding: chunked', 'Content-Length: 1'],
  ])('refuses %j %j', (...fields) => {
    expect(parse('HTTP/1.1 200 OK', 'GET', ...fields.filter((field) => field !== '')).detail).toMatch(/ambiguous/)
  })

  test('refuses a coding in HTTP/1.0', () => {
    expect(parse('HTTP/1.0 200 OK', 'GET', 'Transfer-Encoding: chunked').detail).toMatch(/ambiguous/)
  })
})

describe('the connection', () => {
  test.each([
    ['HTTP/1.1', ['Content-Length: 0'], true],
    ['HTTP/1.1', [], false],
    ['HTTP/1.1', ['Content-Length: 0', 'Connection: close'], false],
    ['HTTP/1.1', ['Content-Length: 0', 'Proxy-Connection: close'], false],
    ['HTTP/1.0', ['Content-Length: 0'], false],
    ['HTTP/1.0', ['Content-Length: 0', 'Connection: keep-alive'], true],
  ])('%s with %j takes another request: %s', (version, fields, keepAlive) => {
    expect(parse(`${version} 200 OK`, 'GET', ...fields).keepAlive).toBe(keepAlive)
  })

  test('an interim response cannot close it', () => {
    expect(parse('HTTP/1.1 100 C', 'GET', 'Connection: close').detail).toBe('an interim response closes the connection')
    expect(parse('HTTP/1.0 100 C', 'GET').detail).toBe('an interim response closes the connection')
    expect(parse('HTTP/1.1 100 C', 'GET').detail).toBe('')
  })

  test.each([
    ['101', ['Upgrade: websocket', 'Connection: upgrade'], true],
    ['101', ['Upgrade: h2c', 'Connection: upgrade'], false],
    ['101', ['Upgrade: websocket'], false],
    ['200', ['Upgrade: websocket', 'Connection: upgrade'], false],
  ])('%s with %j switches to WebSocket: %s', (status, fields, upgrade) => {
    expect(parse(`HTTP/1.1 ${status} X`, 'GET', ...fields).upgrade).toBe(upgrade)
  })
})

function parse(line: string, method: string, ...fields: readonly string[]): ResponseHead {
  const head = createResponseHead(LIMITS)
  parseResponseHead([line, ...fields].map((text) => `${text}\r\n`).join(''), LIMITS, table, method, head)
  return head
}
