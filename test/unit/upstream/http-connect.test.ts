import { expect, test } from 'vitest'
import type { ProxyError } from '../../../src/errors.js'
import type { Hop } from '../../../src/policy/hop.js'
import { parseHop } from '../../../src/policy/hop.js'
import { type HopTarget, shakeHands } from '../../../src/upstream/handshake.js'
import { credentialFields, httpHandshake } from '../../../src/upstream/http-connect.js'
import { socketWire } from '../../../src/upstream/socket-wire.js'
import { readAll, socketPair } from '../../helpers/socket-pair.js'

const hop = (url: string) => parseHop(url) as Hop
const TARGET = { host: 'a.test', port: 443, family: 0 } as const

async function asked(answer: readonly string[], url = 'http://p.test', target: HopTarget = TARGET) {
  const [near, far] = await socketPair()
  let request = ''
  far.on('data', (chunk) => {
    request += chunk.toString('latin1')
    if (!request.endsWith('\r\n\r\n')) return
    void (async () => {
      for (const piece of answer) {
        far.write(piece, 'latin1')
        await new Promise((resolve) => setTimeout(resolve, 2))
      }
      far.end()
    })()
  })
  const handshake = httpHandshake(hop(url), target)
  const error = await new Promise<ProxyError | null>((resolve) => shakeHands(socketWire, near, handshake, resolve))
  return { error, request, near }
}

test('asks for the target, and for nothing else', async () => {
  expect((await asked(['HTTP/1.1 200 OK\r\n\r\n'])).request).toBe(
    'CONNECT a.test:443 HTTP/1.1\r\nHost: a.test:443\r\n\r\n',
  )
  const six = await asked(['HTTP/1.1 200 OK\r\n\r\n'], 'http://p.test', { host: '2001:db8::1', port: 80, family: 6 })
  expect(six.request).toContain('CONNECT [2001:db8::1]:80 HTTP/1.1\r\n')
})

test('shows the credentials of the hop, in UTF-8', async () => {
  const { request } = await asked(['HTTP/1.1 200 OK\r\n\r\n'], 'http://m%C3%A9:p@p.test')
  expect(request).toContain(`\r\nProxy-Authorization: Basic ${Buffer.from('mé:p').toString('base64')}\r\n`)
  expect(credentialFields(hop('http://p.test'))).toBe('')
})

test.each([
  [['HTTP/1.1 200 Connection established\r\n\r\n'], null],
  [['HTTP/1.0 200 OK\r\nProxy-agent: x\r\n\r\n'], null],
  [['HTTP/1.1 204 No Content\r\n\r\n'], null],
  [['HT', 'TP/1.1 2', '00 OK\r\n', '\r', '\n'], null],
  [['HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n\r\n'], null],
  [['HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n'], null],
  [['HTTP/1.1 407 No\r\nContent-Length: 0\r\n\r\n'], 'VG_UPSTREAM_CREDENTIALS'],
  [['HTTP/1.1 403 No\r\n\r\npage'], 'VG_UPSTREAM_DENIED'],
  [['HTTP/1.1 500 No\r\n\r\n'], 'VG_UPSTREAM_DENIED'],
  [['HTTP/1.1 599 No\r\n\r\n'], 'VG_UPSTREAM_DENIED'],
  [['HTTP/1.1 301 Moved\r\nLocation: http://b.test/\r\n\r\n'], 'VG_UPSTREAM_DENIED'],
  [['HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: upgrade\r\n\r\n'], 'VG_UPSTREAM_DENIED'],
  [['HTTP/1.1 100 Continue\r\n\r\n'.repeat(20)], 'VG_UPSTREAM_DENIED'],
  [['HTTP/1.1 502 No\r\n\r\n'], 'VG_ORIGIN_TERMINATED'],
  [['HTTP/1.1 503 No\r\n\r\n'], 'VG_ORIGIN_UNROUTABLE'],
  [['HTTP/1.1 504 No\r\n\r\n'], 'VG_ORIGIN_CONNECT_TIMEOUT'],
  [['\x05\x00'], 'VG_UPSTREAM_UNAVAILABLE'],
  [['HTTP/1.1 200 OK\r\nbroken\r\n\r\n'], 'VG_UPSTREAM_UNAVAILABLE'],
  [['HTTP/1.1 200 OK\r\n'], 'VG_UPSTREAM_UNAVAILABLE'],
  [[`HTTP/1.1 200 OK\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`], 'VG_UPSTREAM_UNAVAILABLE'],
  [[], 'VG_UPSTREAM_UNAVAILABLE'],
] as const)('%j is %s', async (answer, code) => {
  expect((await asked(answer)).error?.code ?? null).toBe(code)
})

test('what comes behind the answer is the target’s', async () => {
  const { near } = await asked(['HTTP/1.1 200 OK\r\n\r\nSSH-2.0-x\r\n', 'more'])
  const rest = readAll(near)
  near.resume()
  expect(await rest).toBe('SSH-2.0-x\r\nmore')
})
