import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, test, vi } from 'vitest'
import { createCounts } from '../../../src/counts.js'
import { createDeadlines } from '../../../src/transport/deadlines.js'
import { createGathering } from '../../../src/transport/gathering.js'
import { type SpliceEnd, type SpliceOptions, splice } from '../../../src/transport/splice.js'
import { READ_BYTES } from '../../../src/upstream/recycled.js'
import { SHARED_READ } from '../../../src/upstream/shared-read.js'
import { readAll, socketPair } from '../../helpers/socket-pair.js'

const NOTHING = Buffer.alloc(0)

async function tunnel(options: Partial<SpliceOptions> = {}) {
  const [client, proxyToClient] = await socketPair()
  const [origin, proxyToOrigin] = await socketPair()
  const deadlines = createDeadlines(10, () => performance.now())
  const counts = createCounts()
  let tell: (end: SpliceEnd) => void = () => {}
  const ended = new Promise<SpliceEnd>((resolve) => {
    tell = resolve
  })
  const stop = splice({
    client: proxyToClient,
    origin: proxyToOrigin,
    earlyFromClient: NOTHING,
    earlyFromOrigin: NOTHING,
    clientEnded: false,
    idleMs: 60_000,
    endsAt: Number.POSITIVE_INFINITY,
    deadlines,
    gathering: createGathering(() => performance.now()),
    counts,
    onEnd: (end) => tell(end),
    ...options,
  })
  return { client, origin, ended, stop, deadlines, counts }
}

describe('splice', () => {
  test('moves octets both ways and counts them from the client, until both directions have ended', async () => {
    const { client, origin, ended, deadlines, counts } = await tunnel()
    const [atOrigin, atClient] = [readAll(origin), readAll(client)]
    client.end('question')
    expect(await atOrigin).toBe('question')
    origin.end('a longer answer')
    expect(await atClient).toBe('a longer answer')
    expect(await ended).toMatchObject({ bytesFromClient: 8, bytesToClient: 15, reason: 'closed' })
    expect(counts).toMatchObject({ bytesFromClient: 8, bytesToClient: 15 })
    expect(deadlines.size).toBe(0)
  })

  test('octets are in the counts of the proxy while the tunnel goes on', async () => {
    const { client, origin, counts } = await tunnel()
    client.write('question')
    await once(origin, 'data')
    expect(counts.bytesFromClient).toBe(8)
    const reset = once(origin, 'error').catch(() => {})
    client.resetAndDestroy()
    await reset
  })

  test('octets that came early arrive first and count', async () => {
    const { client, origin, ended } = await tunnel({
      earlyFromClient: Buffer.from('early '),
      earlyFromOrigin: Buffer.from('hello '),
    })
    const [atOrigin, atClient] = [readAll(origin), readAll(client)]
    client.end('late')
    origin.end('world')
    expect([await atOrigin, await atClient]).toEqual(['early late', 'hello world'])
    expect(await ended).toMatchObject({ bytesFromClient: 10, bytesToClient: 11 })
  })

  test('a client that had ended before is ended towards the origin too, and still gets the answer', async () => {
    const { client, origin } = await tunnel({ clientEnded: true, earlyFromClient: Buffer.from('all of it') })
    expect(await readAll(origin)).toBe('all of it')
    const atClient = readAll(client)
    origin.end('answer')
    expect(await atClient).toBe('answer')
  })

  test.each(['client', 'origin'] as const)('a reset by the %s becomes a reset on the other side', async (side) => {
    const pair = await tunnel()
    const other = side === 'client' ? pair.origin : pair.client
    other.resume()
    const failed = once(other, 'error')
    pair[side].resetAndDestroy()
    expect((await failed)[0]).toMatchObject({ code: 'ECONNRESET' })
    expect((await pair.ended).reason).toBe(`${side}-reset`)
    expect(pair.deadlines.size).toBe(0)
  })

  test('ends when nothing moves for the idle time', async () => {
    const { client, origin, ended } = await tunnel({ idleMs: 50 })
    for (const socket of [client, origin]) socket.on('error', () => {})
    expect((await ended).reason).toBe('idle')
  })

  test('silent peers are not probed: Node would give up a client that is away for ten seconds', async () => {
    const clock = { now: 0 }
    const deadlines = createDeadlines(1, () => clock.now)
    const [, proxyToClient] = await socketPair()
    const [, proxyToOrigin] = await socketPair()
    const probes = [vi.spyOn(proxyToClient, 'setKeepAlive'), vi.spyOn(proxyToOrigin, 'setKeepAlive')]
    const { ended } = await tunnel({ client: proxyToClient, origin: proxyToOrigin, deadlines, idleMs: 900_000 })
    clock.now = 899_999
    await sleep(10)
    expect(deadlines.size).toBe(1)
    clock.now = 900_000
    expect(await ended).toMatchObject({ reason: 'idle' })
    expect(probes.map(({ mock }) => mock.calls)).toEqual([[], []])
  })

  test('stopping it cuts both sides, tells once, and stopping again does nothing', async () => {
    const { client, origin, ended, stop } = await tunnel()
    const closed = [client, origin].map((socket) => {
      socket.on('error', () => {})
      socket.resume()
      return new Promise<void>((resolve) => socket.on('close', () => resolve()))
    })
    stop()
    stop()
    expect((await ended).reason).toBe('aborted')
    await Promise.all(closed)
  })

  test('a reader that stops holds its writer back instead of filling the memory', async () => {
    const { client, origin } = await tunnel()
    client.pause()
    let taken = 0
    const chunk = Buffer.alloc(1 << 16)
    for (let held = 0; held < 50; ) {
      const before = origin.writableLength
      origin.write(chunk)
      await new Promise((resolve) => setTimeout(resolve, 2))
      if (origin.writableLength >= before + chunk.length) held++
      else taken += chunk.length
      if (taken > 64 << 20) throw new Error('the tunnel takes everything')
    }
    expect(origin.writableLength).toBeGreaterThan(0)
  })

  test('what waits for a slow reader is not overwritten by what other tunnels carry meanwhile', async () => {
    const tunnels = await Promise.all(Array.from({ length: 4 }, () => sharedTunnel()))
    const sent = tunnels.map((_, i) => Buffer.alloc(8 << 20, `${i} of many `))
    tunnels.forEach(({ origin }, i) => void origin.end(sent[i] as Buffer))
    const received = tunnels.map(async ({ client }, i) => {
      const chunks: Buffer[] = []
      client.on('data', (chunk) => {
        chunks.push(chunk)
        if (i % 2 === 0) return
        client.pause()
        setImmediate(() => client.resume())
      })
      await once(client, 'end')
      return Buffer.concat(chunks)
    })
    for (const [i, octets] of (await Promise.all(received)).entries())
      expect(octets.equals(sent[i] as Buffer)).toBe(true)
  })

  test('a full read that the system takes at once holds nothing back', async () => {
    const { client, origin, counts } = await sharedTunnel()
    let received = 0
    client.on('data', (chunk) => {
      received += chunk.length
    })
    for (let sent = 0; sent < 16 * READ_BYTES; sent += READ_BYTES) {
      origin.write(Buffer.alloc(READ_BYTES))
      await expect.poll(() => received, { interval: 1 }).toBe(sent + READ_BYTES)
    }
    expect(counts.limits.bufferBytes).toBe(0)
  })
})

/** As the proxy has them: its ends read into shared memory. */
async function sharedTunnel() {
  const [proxyToClient, client] = await socketPair({ onread: SHARED_READ })
  const [proxyToOrigin, origin] = await socketPair({ onread: SHARED_READ })
  return { ...(await tunnel({ client: proxyToClient, origin: proxyToOrigin })), client, origin }
}
