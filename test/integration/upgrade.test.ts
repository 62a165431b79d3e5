import { describe, expect, test } from 'vitest'
import { ok, startRawOrigin } from '../helpers/raw-origin.js'
import { eventually } from '../helpers/raw-peer.js'
import { startTestProxy, type TestProxyOptions } from '../helpers/test-proxy.js'

const SWITCHED =
  'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: a\r\n\r\n'

async function asked(fields: string, { method = 'GET', scheme = 'http', early = '', ...options }: Asked = {}) {
  const origin = await startRawOrigin()
  const { connect, ...rest } = await startTestProxy(options)
  const client = await connect()
  await client.write(`${method} ${scheme}://${origin.authority}/chat HTTP/1.1\r\nHost: x\r\n${fields}\r\n${early}`)
  const peer = await origin.peer(0)
  const request = await peer.readRequest()
  return { origin, client, peer, request, ...rest }
}

type Asked = TestProxyOptions & { readonly method?: string; readonly scheme?: string; readonly early?: string }

const WEBSOCKET = 'Connection: keep-alive, Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: k\r\n'

describe('an upgrade to WebSocket', () => {
  test('goes on with its own Connection field', async () => {
    const { request, origin } = await asked(WEBSOCKET)
    expect(request.startLine).toBe('GET /chat HTTP/1.1')
    expect(request.fields).toEqual({
      host: origin.authority,
      upgrade: 'websocket',
      'sec-websocket-key': 'k',
      connection: 'Upgrade',
    })
  })

  test('is a tunnel after 101, with what both sides sent early', async () => {
    const { client, peer } = await asked(WEBSOCKET, { early: 'from client' })
    await peer.write(`${SWITCHED}from origin`)
    const head = await client.readHead()
    expect(head.status).toBe(101)
    expect(head.fields).toEqual({ upgrade: 'websocket', connection: 'Upgrade', 'sec-websocket-accept': 'a' })
    expect(await client.readBytes(11)).toBe('from origin')
    expect(await peer.readBytes(11)).toBe('from client')
    await client.write('\x81\x00')
    expect(await peer.readBytes(2)).toBe('\x81\x00')
    await peer.write('\x8a\x00')
    expect(await client.readBytes(2)).toBe('\x8a\x00')
    peer.reset()
    expect(await client.ended()).toBe('reset')
  })

  test('is told as one exchange when the tunnel ends', async () => {
    const { client, peer, record } = await asked(WEBSOCKET)
    await peer.write(SWITCHED)
    await client.readHead()
    await client.write('abc')
    await peer.readBytes(3)
    client.end()
    peer.end()
    const told = await record(0)
    expect(told.status).toBe(101)
    expect(told.method).toBe('GET')
    expect(told.error).toBeNull()
  })

  test('by a ws: target is served like http:', async () => {
    const { client, peer } = await asked(WEBSOCKET, { scheme: 'ws' })
    await peer.write(SWITCHED)
    expect((await client.readHead()).status).toBe(101)
  })

  test('ends when nothing moves for tunnelIdleTimeout', async () => {
    const { client, peer, proxy } = await asked(WEBSOCKET, { limits: { tunnelIdleTimeoutMs: 200 } })
    await peer.write(SWITCHED)
    await client.readHead()
    expect(await client.ended()).toBe('reset')
    await eventually(() => proxy.connections === 0)
  })

  test('that the origin answers otherwise stays HTTP', async () => {
    const { client, peer } = await asked(WEBSOCKET)
    await peer.write(ok('no'))
    const response = await client.readResponse()
    expect(response.status).toBe(200)
    expect(response.body).toBe('no')
  })

  test('to another protocol in the 101 is an error', async () => {
    const { client, peer } = await asked(WEBSOCKET)
    await peer.write('HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n\r\n')
    expect((await client.readResponse()).status).toBe(502)
    await peer.closed()
  })

  test('is closed where rules block its host', async () => {
    const client = await (await startTestProxy({ lines: ['block chat.test'] })).connect()
    await client.write(`GET http://chat.test/ HTTP/1.1\r\nHost: x\r\n${WEBSOCKET}\r\n`)
    expect((await client.readResponse()).status).toBe(403)
  })
})

describe('any other upgrade', () => {
  test.each([
    ['h2c', 'Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n', 'GET'],
    ['two protocols', 'Connection: Upgrade\r\nUpgrade: websocket, h2c\r\n', 'GET'],
    ['two fields', 'Connection: Upgrade\r\nUpgrade: websocket\r\nUpgrade: h2c\r\n', 'GET'],
    ['no Connection option', 'Upgrade: websocket\r\n', 'GET'],
    ['another method', WEBSOCKET, 'POST'],
  ])('(%s) is dropped with its option, and 101 is an error', async (_what, fields, method) => {
    const { request, client, peer } = await asked(fields, { method })
    expect(request.fields.upgrade).toBeUndefined()
    expect(request.fields.connection).toBeUndefined()
    expect(request.fields['http2-settings']).toBeUndefined()
    await peer.write(SWITCHED)
    const response = await client.readResponse()
    expect(response.status).toBe(502)
    expect(response.fields['proxy-status']).toMatch(/^veilgate; error=http_protocol_error/)
    await peer.closed()
  })

  test('of HTTP/1.0 is dropped', async () => {
    const origin = await startRawOrigin()
    const client = await (await startTestProxy()).connect()
    await client.write(`GET ${origin.url}/ HTTP/1.0\r\n${WEBSOCKET}\r\n`)
    const request = await (await origin.peer(0)).readRequest()
    expect(request.fields.upgrade).toBeUndefined()
  })

  test('by a ws: target without an upgrade is malformed', async () => {
    const client = await (await startTestProxy()).connect()
    await client.write('GET ws://127.0.0.1:1/ HTTP/1.1\r\nHost: x\r\n\r\n')
    expect((await client.readResponse()).status).toBe(400)
    expect(await client.closed()).toBe('end')
  })
})
