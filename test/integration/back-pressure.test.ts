import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { expect, test } from 'vitest'
import { TEST_ENGINE } from '../helpers/engines.js'
import { watchedEvents } from '../helpers/epoll.js'
import { ok, startRawOrigin } from '../helpers/raw-origin.js'
import { eventually, type RawPeer } from '../helpers/raw-peer.js'
import { startTestProxy } from '../helpers/test-proxy.js'

const MIB = 1_048_576
const SIZE = 64 * MIB
/** What the kernel, four sockets and a pipe may hold between two ends (counted by pages, so more octets than their limits say); a proxy that reads ahead would take all of `SIZE`. */
const MOST_HELD = 40 * MIB
const BLOCK = Buffer.from(Array.from({ length: 65_536 }, (_, i) => (i * 7919) & 0xff))

/** Writes `SIZE` octets as fast as they are taken. `sent()` counts what has left this process's buffer. */
function pour(peer: RawPeer, frame: (block: Buffer) => Buffer = (block) => block): { sent(): number; digest: string } {
  const hash = createHash('sha256')
  for (let i = 0; i < SIZE / BLOCK.length; i++) hash.update(BLOCK)
  let given = 0
  function more(): void {
    while (given < SIZE) {
      given += BLOCK.length
      if (!peer.socket.write(frame(BLOCK))) {
        peer.socket.once('drain', more)
        return
      }
    }
  }
  more()
  return { sent: () => given - Math.min(given, peer.socket.writableLength), digest: hash.digest('hex') }
}

/** Stops reading: what is sent to `peer` stays where it is. */
function hold(peer: RawPeer): void {
  peer.socket.removeAllListeners('data')
  peer.socket.pause()
}

/** Reads `SIZE` octets behind what was taken already, and tells their digest. */
async function drink(peer: RawPeer, already: Buffer): Promise<string> {
  const hash = createHash('sha256').update(already)
  let length = already.length
  await new Promise<void>((resolve) => {
    peer.socket.on('data', (chunk: Buffer) => {
      const wanted = chunk.subarray(0, SIZE - length)
      length += wanted.length
      hash.update(wanted)
      if (length < SIZE) return
      peer.socket.removeAllListeners('data')
      resolve()
    })
    peer.socket.resume()
  })
  return hash.digest('hex')
}

async function untilStill(count: () => number): Promise<number> {
  let before = -1
  while (before !== count()) {
    before = count()
    await new Promise((resolve) => setTimeout(resolve, 150))
  }
  return before
}

test('a client that does not read stops the origin, and then gets every octet', async () => {
  const origin = await startRawOrigin()
  const client = await (await startTestProxy()).connect()
  await client.write(`GET ${origin.url}/ HTTP/1.1\r\nHost: x\r\n\r\n`)
  const peer = await origin.peer(0)
  await peer.readRequest()
  await peer.write(`HTTP/1.1 200 OK\r\nContent-Length: ${SIZE}\r\n\r\n`)
  await client.readHead()
  hold(client)
  const { sent, digest } = pour(peer)
  expect(await untilStill(sent)).toBeLessThan(MOST_HELD)
  expect(await drink(client, Buffer.from(client.received, 'latin1'))).toBe(digest)
})

test('an origin that does not read stops the client, and then gets every octet', async () => {
  const origin = await startRawOrigin()
  const client = await (await startTestProxy()).connect()
  await client.write(`PUT ${origin.url}/ HTTP/1.1\r\nHost: x\r\nContent-Length: ${SIZE}\r\n\r\n`)
  const peer = await origin.peer(0)
  await peer.readPast('\r\n\r\n')
  hold(peer)
  const { sent, digest } = pour(client)
  expect(await untilStill(sent)).toBeLessThan(MOST_HELD)
  expect(await drink(peer, Buffer.from(peer.received, 'latin1'))).toBe(digest)
  await peer.write(ok('stored'))
  expect((await client.readResponse()).body).toBe('stored')
})

test('chunks of an answer wait for a slow reader as well', async () => {
  const origin = await startRawOrigin()
  const client = await (await startTestProxy()).connect()
  await client.write(`GET ${origin.url}/ HTTP/1.0\r\nHost: x\r\n\r\n`)
  const peer = await origin.peer(0)
  await peer.readRequest()
  await peer.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n')
  await client.readHead()
  hold(client)
  const size = Buffer.from(`${BLOCK.length.toString(16)}\r\n`)
  const { sent, digest } = pour(peer, (block) => Buffer.concat([size, block, Buffer.from('\r\n')]))
  expect(await untilStill(sent)).toBeLessThan(MOST_HELD)
  expect(await drink(client, Buffer.from(client.received, 'latin1'))).toBe(digest)
})

/** A tunnel whose one end does not read, and its other end. */
async function openHeldTunnel(slow: 'client' | 'origin') {
  const origin = await startRawOrigin()
  const client = await (await startTestProxy()).connect()
  await client.write(`CONNECT ${origin.authority} HTTP/1.1\r\nHost: x\r\n\r\n`)
  await client.readHead()
  const peer = await origin.peer(0)
  const [reader, writer] = slow === 'client' ? [client, peer] : [peer, client]
  hold(reader)
  return { reader, writer }
}

test.each(['client', 'origin'] as const)('a tunnel whose %s does not read stops the other side', async (slow) => {
  const { reader, writer } = await openHeldTunnel(slow)
  const { sent, digest } = pour(writer)
  expect(await untilStill(sent)).toBeLessThan(MOST_HELD)
  expect(await drink(reader, Buffer.alloc(0))).toBe(digest)
})

const EPOLLIN = 0x1
const EPOLLRDHUP = 0x2000

/** Sockets of which the native engine hears that they have ended, and not that there is more to read. */
function countUnheard(): number {
  return watchedEvents().filter((events) => (events & EPOLLRDHUP) !== 0 && (events & EPOLLIN) === 0).length
}

test.runIf(TEST_ENGINE === 'native').each(['client', 'origin'] as const)(
  'what comes while the %s does not read wakes nobody',
  async (slow) => {
    const { reader, writer } = await openHeldTunnel(slow)
    const { sent, digest } = pour(writer)
    await untilStill(sent)
    expect(countUnheard()).toBe(1)
    expect(await drink(reader, Buffer.alloc(0))).toBe(digest)
    expect(countUnheard()).toBe(0)
    const more = once(reader.socket, 'data')
    await writer.write('and more')
    expect(String(await more)).toBe('and more')
  },
)

test('what a client sends ahead of its tunnel is held back and arrives whole', async () => {
  const origin = await startRawOrigin()
  const client = await (await startTestProxy()).connect()
  await client.write(`CONNECT ${origin.authority} HTTP/1.1\r\nHost: x\r\n\r\n`)
  const { digest } = pour(client)
  const peer = await origin.peer(0)
  hold(peer)
  expect(await drink(peer, Buffer.from(peer.received, 'latin1'))).toBe(digest)
  await eventually(() => client.received.startsWith('HTTP/1.1 200'))
})

test('a body that comes before its origin is reached is held back and arrives whole', async () => {
  const origin = await startRawOrigin()
  const client = await (await startTestProxy()).connect()
  await client.write(`PUT ${origin.url}/ HTTP/1.1\r\nHost: x\r\nContent-Length: ${SIZE}\r\n\r\n`)
  const { digest } = pour(client)
  const peer = await origin.peer(0)
  await peer.readPast('\r\n\r\n')
  hold(peer)
  expect(await drink(peer, Buffer.from(peer.received, 'latin1'))).toBe(digest)
  await peer.write(ok('stored'))
  expect((await client.readResponse()).body).toBe('stored')
})
