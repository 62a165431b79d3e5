import { describe, expect, test } from 'vitest'
import { createFieldTable } from '../../../src/http/field-table.js'
import {
  BODY_CHUNKED,
  BODY_LENGTH,
  BODY_NONE,
  createRequestHead,
  parseRequestHead,
  type RequestHead,
} from '../../../src/http/request-head.js'
import { LIMITS } from '../../helpers/read-messages.js'

const table = createFieldTable([])

describe('the request line', () => {
  test('gives method, target and version as they stand', () => {
    expect(parse('gEt http://a/?b=%zz HTTP/1.0')).toMatchObject({ method: 'gEt', target: 'http://a/?b=%zz', minor: 0 })
  })

  test.each([
    ['GET http://a/', 'VG_REQUEST_MALFORMED'],
    ['GET  http://a/ HTTP/1.1', 'VG_REQUEST_MALFORMED'],
    ['GET http://a/  HTTP/1.1', 'VG_REQUEST_MALFORMED'],
    ['GET http://a/ HTTP/1.1 ', 'VG_REQUEST_MALFORMED'],
    ['GET http://a/ HTTP/11', 'VG_REQUEST_MALFORMED'],
    ['GET http://a/ HTTP/x.1', 'VG_REQUEST_MALFORMED'],
    ['G@T http://a/ HTTP/1.1', 'VG_REQUEST_MALFORMED'],
    [`${'M'.repeat(65)} http://a/ HTTP/1.1`, 'VG_REQUEST_MALFORMED'],
    ['GET http://\xe9/ HTTP/1.1', 'VG_REQUEST_MALFORMED'],
    ['GET http://a/ HTTP/1.2', 'VG_VERSION_UNSUPPORTED'],
    ['GET http://a/ HTTP/2.0', 'VG_VERSION_UNSUPPORTED'],
    ['GET http://a/ HTTP/0.9', 'VG_VERSION_UNSUPPORTED'],
    [`GET http://a/${'p'.repeat(16_384)} HTTP/1.1`, 'VG_URI_TOO_LONG'],
  ])('%.40s: %s', (line, error) => {
    expect(parse(line, 'Host: a').error).toBe(error)
  })
})

describe('the fields', () => {
  test.each([
    [['Host: a', 'Host: a'], 'VG_REQUEST_MALFORMED', 'more than one Host field'],
    [['A: b'], 'VG_REQUEST_MALFORMED', 'the Host field is missing'],
    [['Host: a@b'], 'VG_REQUEST_MALFORMED', 'the Host field is malformed'],
    [['Host: a, b'], 'VG_REQUEST_MALFORMED', 'the Host field is malformed'],
    [['Host: a', 'B : c'], 'VG_REQUEST_MALFORMED', 'a header field is malformed'],
    [['Host: a', 'Connection: a b'], 'VG_REQUEST_MALFORMED', 'the Connection field is malformed'],
    [['Host: a', 'Proxy-Connection: a b'], 'VG_REQUEST_MALFORMED', 'the Connection field is malformed'],
    [['Host: a', 'Content-Length: 1', 'Content-Length: 1'], 'VG_FRAMING_CONFLICT', 'more than one Content-Length'],
    [['Host: a', 'Content-Length: x'], 'VG_FRAMING_CONFLICT', 'Content-Length is not a number'],
    [['Host: a', 'Transfer-Encoding: gzip'], 'VG_FRAMING_CONFLICT', 'Transfer-Encoding is not exactly chunked'],
    [
      ['Host: a', 'Transfer-Encoding: chunked', 'Content-Length: 1'],
      'VG_FRAMING_CONFLICT',
      'both Content-Length and Transfer-Encoding',
    ],
    [['Host: a', ...Array<string>(512).fill('A: b')], 'VG_HEAD_TOO_LARGE', 'more than 512 fields'],
  ])('%.60s: %s, %s', (fields, error, detail) => {
    expect(parse('GET http://a/ HTTP/1.1', ...fields)).toMatchObject({ error, detail })
  })

  test('an HTTP/1.0 request needs no Host and has no coding', () => {
    expect(parse('GET http://a/ HTTP/1.0').error).toBeUndefined()
    expect(parse('POST http://a/ HTTP/1.0', 'Transfer-Encoding: chunked').error).toBe('VG_FRAMING_CONFLICT')
  })

  test('an error is gone with the next head', () => {
    const head = createRequestHead(LIMITS)
    expect(parseRequestHead('GET\r\n', LIMITS, table, head)).toBe(false)
    expect(parseRequestHead('GET / HTTP/1.0\r\n', LIMITS, table, head)).toBe(true)
    expect(head).toMatchObject({ error: undefined, detail: '' })
  })
})

describe('what the head means', () => {
  test.each([
    [[], { body: BODY_NONE, contentLength: 0 }],
    [['Content-Length: 0'], { body: BODY_NONE, contentLength: 0 }],
    [['Content-Length: 12'], { body: BODY_LENGTH, contentLength: 12 }],
    [['Transfer-Encoding: Chunked'], { body: BODY_CHUNKED }],
    [['Expect: 100-Continue'], { expectsContinue: true }],
    [['Expect: other'], { expectsContinue: false }],
    [['TE: gzip, Trailers'], { acceptsTrailers: true }],
    [['TE: gzip;trailers'], { acceptsTrailers: false }],
    [['Max-Forwards: 7'], { maxForwards: 7 }],
    [['Max-Forwards: x'], { maxForwards: -1 }],
    [['Connection: upgrade', 'Upgrade: WebSocket'], { upgrade: true }],
    [['Connection: upgrade'], { upgrade: false }],
    [['Upgrade: websocket'], { upgrade: false }],
    [['Proxy-Connection: upgrade', 'Upgrade: websocket'], { upgrade: false }],
    [['Connection: upgrade', 'Upgrade: h2c'], { upgrade: false }],
    [['Connection: upgrade', 'Upgrade: websocket', 'Upgrade: h2c'], { upgrade: false }],
    [['Connection: upgrade', 'Upgrade: websocket', 'Content-Length: 1'], { upgrade: false }],
  ])('%j: %j', (fields, expected) => {
    expect(parse('GET http://a/ HTTP/1.1', 'Host: a', ...fields)).toMatchObject(expected)
  })

  test.each([
    ['1.1', [], true],
    ['1.1', ['Connection: close'], false],
    ['1.1', ['Proxy-Connection: Close'], false],
    ['1.1', ['Connection: keep-alive, close'], false],
    ['1.0', [], false],
    ['1.0', ['Connection: keep-alive'], true],
    ['1.0', ['Proxy-Connection: keep-alive'], true],
    ['1.0', ['Connection: keep-alive', 'Proxy-Connection: close'], false],
  ])('HTTP/%s with %j stays open: %s', (version, fields, keepAlive) => {
    expect(parse(`GET http://a/ HTTP/${version}`, 'Host: a', ...fields).keepAlive).toBe(keepAlive)
  })

  test('nothing of one head is left in the next', () => {
    const head = createRequestHead(LIMITS)
    const first =
      'GET / HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: websocket\r\nTE: trailers\r\nExpect: 100-continue\r\nMax-Forwards: 3\r\n'
    parseRequestHead(first, LIMITS, table, head)
    parseRequestHead('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n', LIMITS, table, head)
    parseRequestHead('GET / HTTP/1.1\r\nHost: a\r\n', LIMITS, table, head)
    expect(head).toMatchObject({
      body: BODY_NONE,
      contentLength: 0,
      keepAlive: true,
      upgrade: false,
      expectsContinue: false,
      acceptsTrailers: false,
      maxForwards: -1,
    })
  })

  test.each(['a.test', 'a.test:80', '[::1]:80', 'a_b', '', "!$&'()*+;=~%41"])('takes the Host %j', (host) => {
    expect(parse('GET http://a/ HTTP/1.1', `Host: ${host}`).error).toBeUndefined()
  })
})

function parse(line: string, ...fields: readonly string[]): RequestHead {
  const head = createRequestHead(LIMITS)
  parseRequestHead([line, ...fields].map((text) => `${text}\r\n`).join(''), LIMITS, table, head)
  return head
}
