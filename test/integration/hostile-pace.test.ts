import type { Socket } from 'node:net'
import { expect, test } from 'vitest'
import { pour } from '../helpers/pour.js'
import { ok, startRawOrigin } from '../helpers/raw-origin.js'
import { eventually, type RawPeer } from '../helpers/raw-peer.js'
import { startTestProxy } from '../helpers/test-proxy.js'

/** Short enough for a test, long enough that what is not meant to be late is not. */
const SHORT_MS = 300
const MIB = 1_048_576
/** What the kernel may hold of a connection on both sides of the proxy; a proxy without back-pressure would take it all. */
const MOST_HELD = 24 * MIB

/** Sends text octet by octet with a pause much shorter than any time-out, until the other side is gone. */
async function drip(peer: RawPeer, text: string, pauseMs: number): Promise<void> {
  for (let at = 0; peer.ending === 'open' && !peer.isClosed; at = (at + 1) % text.length) {
    peer.socket.write(text.charAt(at))
    await new Promise((resolve) => setTimeout(resolve, pauseMs))
  }
}

/** Never reads again. */
function refuseToRead(socket: Socket): void {
  socket.removeAllListeners('data')
  socket.pause()
}

test('a head that drips in is refused with 408 when its time is up, however steadily it comes', async () => {
  const client = await (await startTestProxy({ limits: { headTimeoutMs: SHORT_MS } })).connect()
  await client.write('GET http://127.0.0.1:1/ HTTP/1.1\r\nHost: x\r\nX-A: ')
  const dripping = drip(client, 'a', SHORT_MS / 20)
  expect((await client.readResponse()).status).toBe(408)
  await dripping
  expect(await client.closed()).toBe('end')
})

test('empty lines that drip in do not keep a connection', async () => {
  const client = await (await startTestProxy({ limits: { headTimeoutMs: SHORT_MS } })).connect()
  const dripping = drip(client, '\r\n', SHORT_MS / 20)
  const { status } = await client.readResponse()
  expect([400, 408]).toContain(status)
  await dripping
})

test('a second head gets no more time than the first', async () => {
  const origin = await startRawOrigin(async (peer) => {
    await peer.readRequest()
    await peer.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok')
  })
  const client = await (await startTestProxy({ limits: { headTimeoutMs: SHORT_MS } })).connect()
  await client.write(`GET ${origin.url}/ HTTP/1.1\r\nHost: x\r\n\r\nGET `)
  expect((await client.readResponse()).status).toBe(200)
  const dripping = drip(client, 'h', SHORT_MS / 20)
  expect((await client.readResponse()).status).toBe(408)
  await dripping
})

test('a body that stalls is answered with 408, and the origin is let go', async () => {
  const origin = await startRawOrigin()
  const client = await (await startTestProxy({ limits: { bodyTimeoutMs: SHORT_MS } })).connect()
  await client.write(`POST ${origin.url}/ HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\na`)
  const peer = await origin.peer(0)
  expect((await client.readResponse()).status).toBe(408)
  await peer.closed()
  expect(await client.closed()).toBe('end')
})

test('a body that stalls behind an early answer keeps neither its client nor its origin', async () => {
  const origin = await startRawOrigin(async (peer) => {
    await peer.readPast('\r\n\r\n')
    await peer.write(ok('early'))
  })
  const { connect, proxy } = await startTestProxy({ limits: { bodyTimeoutMs: SHORT_MS } })
  const client = await connect()
  await client.write(`POST ${origin.url}/ HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\na`)
  expect((await client.readResponse()).body).toBe('early')
  await client.closed()
  await (await origin.peer(0)).closed()
  expect(client.received).toBe('')
  await eventually(() => proxy.connections === 0)
})

test('a response head that drips in is given up with 504, however steadily it comes', async () => {
  const origin = await startRawOrigin(async (peer) => {
    await peer.readRequest()
    await peer.write('HTTP/1.1 200 OK\r\nX-A: ')
    await drip(peer, 'a', SHORT_MS / 20)
  })
  const client = await (await startTestProxy({ limits: { responseTimeoutMs: SHORT_MS } })).connect()
  await client.write(`GET ${origin.url}/ HTTP/1.1\r\nHost: x\r\n\r\n`)
  expect((await client.readResponse()).status).toBe(504)
})

test('interim responses that drip in do not keep an exchange', async () => {
  const origin = await startRawOrigin(async (peer) => {
    await peer.readRequest()
    await drip(peer, 'HTTP/1.1 103 Early Hints\r\n\r\n', 1)
  })
  const client = await (await startTestProxy({ limits: { responseTimeoutMs: SHORT_MS } })).connect()
  await client.write(`GET ${origin.url}/ HTTP/1.1\r\nHost: x\r\n\r\n`)
  await client.until(() => /HTTP\/1\.1 50[24] /.test(client.received), 'the final response')
})

test('a client that never reads a big answer is held back, and ended when its time is up', async () => {
  let sent = 0
  const origin = await startRawOrigin(async (peer) => {
    await peer.readRequest()
    await peer.write('HTTP/1.1 200 OK\r\nContent-Length: 1000000000000\r\n\r\n')
    sent = await pour(peer)
  })
  const { connect, record } = await startTestProxy({ limits: { idleTimeoutMs: SHORT_MS } })
  const client = await connect()
  await client.write(`GET ${origin.url}/ HTTP/1.1\r\nHost: x\r\n\r\n`)
  await client.readHead()
  refuseToRead(client.socket)
  const peer = await origin.peer(0)
  await peer.closed()
  expect(sent).toBeLessThan(MOST_HELD)
  expect(await record(0)).toMatchObject({ status: 200, error: expect.any(String) })
})

test('a client that never reads its tunnel is held back, and ended when its time is up', async () => {
  let sent = 0
  const origin = await startRawOrigin(async (peer) => {
    sent = await pour(peer)
  })
  const client = await (await startTestProxy({ limits: { tunnelIdleTimeoutMs: SHORT_MS } })).connect()
  await client.write(`CONNECT ${origin.authority} HTTP/1.1\r\nHost: x\r\n\r\n`)
  await client.readHead()
  refuseToRead(client.socket)
  const peer = await origin.peer(0)
  await peer.closed()
  expect(sent).toBeLessThan(MOST_HELD)
})

test('a client that never reads its WebSocket is held back, and ended when its time is up', async () => {
  let sent = 0
  const origin = await startRawOrigin(async (peer) => {
    await peer.readRequest()
    await peer.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n')
    sent = await pour(peer)
  })
  const client = await (await startTestProxy({ limits: { tunnelIdleTimeoutMs: SHORT_MS } })).connect()
  await client.write(`GET ${origin.url}/ HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n`)
  expect((await client.readHead()).status).toBe(101)
  refuseToRead(client.socket)
  const peer = await origin.peer(0)
  await peer.closed()
  expect(sent).toBeLessThan(MOST_HELD)
})

test('a client that asks and asks and never reads an answer is held back, and ended when its time is up', async () => {
  const { connect, proxy } = await startTestProxy({
    lines: ['block blocked.test'],
    limits: { idleTimeoutMs: SHORT_MS },
  })
  const client = await connect()
  refuseToRead(client.socket)
  const asked = pour(client, Buffer.from('GET http://blocked.test/ HTTP/1.1\r\nHost: x\r\n\r\n'.repeat(1_000)))
  await client.ended()
  expect(await asked).toBeLessThan(MOST_HELD)
  await eventually(() => proxy.connections === 0)
})
