import { describe, expect, test } from 'vitest'
import { CONNECTION_ESTABLISHED, CONTINUE, renderOptions, renderTrace } from '../../../src/answers/local.js'
import { parseAnswer } from './refusals.js'

const date = 'Sun, 22 Nov 2026 12:00:00 GMT'

describe('local answers', () => {
  test('OPTIONS is answered with the methods and no body', () => {
    const { statusLine, fields, body } = parseAnswer(renderOptions({ date, keepAlive: true }))
    expect(statusLine).toBe('HTTP/1.1 200 OK')
    expect(fields).toEqual({
      date,
      allow: 'GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS, TRACE, CONNECT',
      'content-length': '0',
      connection: 'keep-alive',
    })
    expect(body).toBe('')
  })

  test('TRACE gives the request back without what authenticates', () => {
    const { fields, body } = parseAnswer(
      renderTrace({
        date,
        keepAlive: false,
        requestLine: 'TRACE http://h.test/ HTTP/1.1',
        fields: [
          ['Host', 'h.test'],
          ['Proxy-Authorization', 'Basic secret'],
          ['AUTHORIZATION', 'Bearer secret'],
          ['cookie', 'a=secret'],
          ['X-Api-Key', 'secret'],
          ['Max-Forwards', '0'],
        ],
      }),
    )
    expect(body).toBe('TRACE http://h.test/ HTTP/1.1\r\nHost: h.test\r\nMax-Forwards: 0\r\n\r\n')
    expect(fields).toMatchObject({
      'content-type': 'message/http',
      'content-length': String(body.length),
      'cache-control': 'no-store',
      connection: 'close',
    })
  })

  test('TRACE keeps the bytes of a field as received', () => {
    const requestLine = 'TRACE http://h.test/ HTTP/1.1'
    const bytes = renderTrace({ date, keepAlive: true, requestLine, fields: [['X', 'caf\xe9']] })
    expect(bytes.includes(Buffer.from([0x63, 0x61, 0x66, 0xe9, 0x0d, 0x0a]))).toBe(true)
    expect(parseAnswer(bytes).fields['content-length']).toBe(String(bytes.length - bytes.indexOf('\r\n\r\n') - 4))
  })

  test('the interim and the tunnel answer carry no framing fields', () => {
    expect(CONTINUE.toString()).toBe('HTTP/1.1 100 Continue\r\n\r\n')
    expect(CONNECTION_ESTABLISHED.toString()).toBe('HTTP/1.1 200 Connection established\r\n\r\n')
  })
})
