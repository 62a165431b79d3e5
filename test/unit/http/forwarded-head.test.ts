import { describe, expect, test } from 'vitest'
import { absoluteFormHead, countsForwards } from '../../../src/http/forwarded-head.js'
import { forwardRequest, forwardResponse } from '../../helpers/forward-head.js'

const get = (...fields: string[]) => head('GET http://o.test/p HTTP/1.1', 'Host: evil.test', ...fields)
const ok = (...fields: string[]) => head('HTTP/1.1 200 OK', ...fields)

describe('a request on its way to the origin', () => {
  test('keeps order, case and spacing of what stays', () => {
    const { text } = forwardRequest(
      head(
        'get http://evil/ HTTP/1.1',
        'aCCept:  */*',
        'HOST:\tevil.test ',
        'x-Odd: a, b\t',
        'A:',
        'cOOkie:c=d',
        'A: 2',
      ),
    )
    expect(text).toBe(
      head('get /p HTTP/1.1', 'aCCept:  */*', 'HOST:\to.test ', 'x-Odd: a, b\t', 'A:', 'cOOkie:c=d', 'A: 2', ''),
    )
  })

  test('has the authority of the target for its Host, whatever the client wrote', () => {
    expect(forwardRequest(get('A: b')).lines).toEqual(['Host: o.test', 'A: b'])
    expect(forwardRequest(head('GET http://x/ HTTP/1.1', 'host:')).lines).toEqual(['host:o.test'])
  })

  test('gets a Host, and the version 1.1, when an HTTP/1.0 client sent none', () => {
    const { text } = forwardRequest(head('GET http://o.test/p HTTP/1.0', 'A: b'))
    expect(text).toBe(head('GET /p HTTP/1.1', 'Host: o.test', 'A: b', ''))
  })

  test.each([
    ['Connection: close, X-Foo', 'X-Foo: 1'],
    ['Connection: keep-alive', 'Keep-Alive: timeout=5'],
    ['Proxy-Connection: keep-alive', 'A-Nominated: 1', 'Proxy-Connection: a-nominated'],
    ['X-A: 1', 'connection: \tx-a ,X-B', 'X-B: 2', 'x-b: 3'],
    ['Connection: x-a', 'CONNECTION: X-b', 'X-A: 1', 'X-B: 1'],
    ['Connection: Connection', 'Proxy-Connection: Proxy-Connection'],
    ['Connection: Authorization, Cookie', 'Authorization: Bearer t', 'Cookie: a=b'],
    ['Connection: close', 'Close: 1'],
    ['Connection: Upgrade, HTTP2-Settings', 'Upgrade: h2c', 'HTTP2-Settings: AAMA'],
    ['Upgrade: websocket'],
    ['Upgrade: TLS/1.0', 'Connection: upgrade'],
    ['Connection: Upgrade', 'Upgrade: websocket, h2c'],
    ['TE: deflate'],
    ['Proxy-Authorization: Basic dXNlcjpwYXNz'],
    ['pRoXy-AuThOrIzAtIoN: Basic dXNlcjpwYXNz'],
    ['Proxy-Authenticate: Basic', 'Proxy-Authentication-Info: x', 'Proxy-Agent: y'],
  ])('leaves behind what belongs to this connection: %s %s %s %s', (...fields) => {
    for (const profile of ['off', 'standard'] as const) {
      expect(forwardRequest(get('A: b', ...fields, 'C: d'), { profile }).lines).toEqual([
        'Host: o.test',
        'A: b',
        'C: d',
      ])
    }
  })

  test('keeps what frames and routes it though Connection nominates that', () => {
    expect(forwardRequest(get('Connection: Host, Content-Length', 'Content-Length: 3')).lines).toEqual([
      'Host: o.test',
      'Content-Length: 3',
    ])
    expect(forwardRequest(get('Connection: close, Transfer-Encoding', 'Transfer-Encoding: chunked')).lines).toEqual([
      'Host: o.test',
      'Transfer-Encoding: chunked',
    ])
  })

  test('asks to switch to WebSocket in its own words, without the password for us', () => {
    const { lines } = forwardRequest(
      get(
        'Connection: keep-alive, Upgrade',
        'Upgrade: WebSocket',
        'Proxy-Authorization: Basic eDp5',
        'Sec-WebSocket-Key: k',
      ),
    )
    expect(lines).toEqual(['Host: o.test', 'Upgrade: WebSocket', 'Sec-WebSocket-Key: k', 'Connection: Upgrade'])
  })

  test('says that trailers are welcome when the client does, and nothing else of TE', () => {
    expect(forwardRequest(get('TE: trailers, deflate;q=0.5', 'Connection: TE')).lines).toEqual([
      'Host: o.test',
      'TE: trailers',
      'Connection: TE',
    ])
  })

  test('passes an expectation on, but not one of an HTTP/1.0 client', () => {
    expect(forwardRequest(get('Expect: 100-continue', 'Content-Length: 1')).lines).toContain('Expect: 100-continue')
    expect(forwardRequest(head('GET / HTTP/1.0', 'Expect: 100-continue', 'A: b')).lines).toEqual([
      'Host: o.test',
      'A: b',
    ])
  })

  test.each([
    ['OPTIONS', '5', '4'],
    ['TRACE', '1', '0'],
    ['GET', '5', '5'],
    ['OPTIONS', '99999999999999999999', '99999999999999999999'],
    ['OPTIONS', 'abc', 'abc'],
  ])('counts the forwards of %s: %s becomes %s', (method, sent, expected) => {
    expect(forwardRequest(head(`${method} http://o.test/ HTTP/1.1`, 'Host: o', `Max-Forwards: ${sent}`)).lines).toEqual(
      ['Host: o.test', `Max-Forwards: ${expected}`],
    )
    expect(countsForwards(method)).toBe(method !== 'GET')
  })

  test('goes without what names the client, and says which', () => {
    const { lines, removed } = forwardRequest(
      get('via: 1.1 x', 'A: b', 'X-Forwarded-For: 6.6.6.6', 'X-Amobee-1: q', 'X-UIDH: r'),
    )
    expect(lines).toEqual(['Host: o.test', 'A: b'])
    expect(removed).toEqual(['via', 'X-Forwarded-For', 'X-Amobee-1', 'X-UIDH'])
  })

  test('keeps all of that in the profile off', () => {
    const fields = [
      'Via: 1.1 x',
      'X-Forwarded-For: 6.6.6.6',
      'Referer: http://b.test/secret',
      'X-Requested-With: com.app',
    ]
    expect(forwardRequest(get(...fields), { profile: 'off' })).toMatchObject({
      lines: ['Host: o.test', ...fields],
      removed: [],
    })
  })

  test('cuts a Referer from another site to its origin and drops one that is no URL', () => {
    expect(forwardRequest(get('Referer: http://b.test/secret?q', 'A: b')).lines).toEqual([
      'Host: o.test',
      'Referer: http://b.test/',
      'A: b',
    ])
    expect(forwardRequest(get('Referer: secret', 'A: b')).lines).toEqual(['Host: o.test', 'A: b'])
    expect(forwardRequest(get('referer:http://o.test/whole?q')).lines).toEqual([
      'Host: o.test',
      'referer:http://o.test/whole?q',
    ])
  })

  test('names no app, but says that a script asked', () => {
    expect(forwardRequest(get('X-Requested-With: com.example.app'))).toMatchObject({
      lines: ['Host: o.test'],
      removed: ['X-Requested-With'],
    })
    expect(forwardRequest(get('X-Requested-With: XMLHttpRequest')).lines).toEqual([
      'Host: o.test',
      'X-Requested-With: XMLHttpRequest',
    ])
  })

  test('carries what the configuration sets in place of what came', () => {
    const { lines } = forwardRequest(get('user-agent: me', 'A: b'), { set: { 'User-Agent': 'x', DNT: '1' } })
    expect(lines).toEqual(['Host: o.test', 'A: b', 'User-Agent: x', 'DNT: 1'])
  })
})

test.each([
  ['GET', '/p?q', 'GET http://a.test:81/p?q HTTP/1.1\r\n'],
  ['OPTIONS', '*', 'OPTIONS http://a.test:81 HTTP/1.1\r\n'],
])(
  'for a parent proxy %s %s becomes absolute-form, and what is for the parent alone comes last',
  (method, path, line) => {
    const requestHead = `${method} ${path} HTTP/1.1\r\nHost: a.test:81\r\nX: 1\r\n\r\n`
    const parentFields = 'Proxy-Authorization: Basic eA==\r\n'
    expect(absoluteFormHead({ method, requestHead, host: 'a.test:81', parentFields })).toBe(
      `${line}Host: a.test:81\r\nX: 1\r\n${parentFields}\r\n`,
    )
  },
)

describe('a response on its way to the client', () => {
  test('keeps order, case, spacing and its reason', () => {
    const { text } = forwardResponse(head('HTTP/1.0 404 Not  here', 'x-Odd:  a', 'ETag:"b"', 'Content-Length: 2'))
    expect(text).toBe(head('HTTP/1.1 404 Not  here', 'x-Odd:  a', 'ETag:"b"', 'Content-Length: 2', ''))
  })

  test('keeps a status line without a reason', () => {
    expect(forwardResponse(head('HTTP/1.1 200', 'Content-Length: 0')).text).toBe(
      head('HTTP/1.1 200', 'Content-Length: 0', ''),
    )
  })

  test.each([
    ['Connection: X-Int', 'X-Int: internal'],
    ['Keep-Alive: timeout=5', 'Connection: keep-alive'],
    ['Proxy-Authenticate: Basic realm="phish"'],
    ['Upgrade: h2c', 'Connection: upgrade'],
  ])('leaves behind what belongs to the connection to the origin: %s %s', (...fields) => {
    for (const profile of ['off', 'standard'] as const) {
      expect(forwardResponse(ok(...fields, 'Content-Length: 2'), { profile }).lines).toEqual(['Content-Length: 2'])
    }
  })

  test('goes without the fields that plant or report identifiers, unless the profile is off', () => {
    const fields = [
      'Accept-CH: DPR',
      'NEL: {}',
      'Report-To: {}',
      'Reporting-Endpoints: x',
      'Alt-Svc: h3',
      'Critical-CH: DPR',
    ]
    expect(forwardResponse(ok(...fields, 'Set-Cookie: a')).lines).toEqual(['Set-Cookie: a'])
    expect(forwardResponse(ok(...fields), { profile: 'off' }).lines).toEqual(fields)
  })

  test('keeps the request fields of the catalogue, which mean something else in a response', () => {
    expect(forwardResponse(ok('Via: 1.1 cache', 'From: x')).lines).toEqual(['Via: 1.1 cache', 'From: x'])
  })

  test.each([
    ['HTTP/1.1 204 No', 'Content-Length: 5', []],
    ['HTTP/1.1 103 Early', 'Transfer-Encoding: chunked', []],
    ['HTTP/1.1 304 Not', 'Content-Length: 5', ['Content-Length: 5']],
    ['HTTP/1.1 200 OK', 'Transfer-Encoding: chunked', ['Transfer-Encoding: chunked']],
  ])('says a length only where one may stand: %s %s', (line, field, expected) => {
    expect(forwardResponse(head(line, field)).lines).toEqual(expected)
  })

  test('loses its coding when the framing is taken off for an HTTP/1.0 client', () => {
    const { lines } = forwardResponse(ok('A: b', 'Transfer-Encoding: chunked', 'C: d'), {
      dropsTransferEncoding: true,
      connection: 'Connection: close\r\n',
    })
    expect(lines).toEqual(['A: b', 'C: d', 'Connection: close'])
  })

  test('keeps Upgrade in the 101 that switches to WebSocket', () => {
    const { lines } = forwardResponse(
      head('HTTP/1.1 101 S', 'Upgrade: websocket', 'Connection: Upgrade', 'Sec-WebSocket-Accept: x'),
      {
        connection: 'Connection: Upgrade\r\n',
      },
    )
    expect(lines).toEqual(['Upgrade: websocket', 'Sec-WebSocket-Accept: x', 'Connection: Upgrade'])
  })
})

function head(...lines: string[]): string {
  return lines.map((line) => `${line}\r\n`).join('')
}
