import { spawn, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import diagnostics from 'node:diagnostics_channel'
import { once } from 'node:events'
import { readdirSync } from 'node:fs'
import type { Socket } from 'node:net'
import { fileURLToPath } from 'node:url'
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { ENGINES } from '../helpers/engines.js'
import { startManyTunnels } from '../helpers/many-tunnels.js'
import { startRawOrigin, unusedPort } from '../helpers/raw-origin.js'
import { connectRaw, eventually, type RawPeer, turn } from '../helpers/raw-peer.js'
import { type RecordingParent, startRecordingParent } from '../helpers/recording-parent.js'
import { startSilentListener } from '../helpers/silent-listener.js'
import { startTestProxy, type TestProxyOptions } from '../helpers/test-proxy.js'

const ESTABLISHED = 'HTTP/1.1 200 Connection established\r\n\r\n'
const connectTo = (authority: string) => `CONNECT ${authority} HTTP/1.1\r\nHost: ${authority}\r\n\r\n`

/** Random, so that octets that are lost, doubled or out of order show. */
function octets(length: number): Buffer {
  const block = createHash('sha512').update(String(length)).digest()
  return Buffer.from(Array.from({ length }, (_, i) => (block[i % 64] ?? 0) ^ (i >>> 6)))
}

beforeAll(() => {
  spawnSync(process.execPath, [fileURLToPath(new URL('../../scripts/build.mjs', import.meta.url))], {
    stdio: 'inherit',
  })
}, 120_000)

// What a tunnel is, said once for all engines: whoever writes another one makes this pass.
describe.each(ENGINES)('the transport, engine %s', (engine) => {
  const start = (options: TestProxyOptions = {}) => startTestProxy({ ...options, engine })

  async function openTunnel(options: TestProxyOptions = {}) {
    const origin = await startRawOrigin()
    const testProxy = await start(options)
    const client = await testProxy.connect()
    await client.write(connectTo(origin.authority))
    expect(await client.readPast('\r\n\r\n')).toBe(ESTABLISHED)
    return { ...testProxy, origin, client, peer: await origin.peer(0) }
  }

  test('is the one that was asked for', async () => {
    expect((await start()).proxy.engine).toBe(engine)
  })

  describe('half-close', () => {
    test.each(['client', 'origin'])('the %s ends its side, the other goes on and ends its own', async (first) => {
      const { client, peer, proxy, record } = await openTunnel()
      const [ending, going] = first === 'client' ? [client, peer] : [peer, client]
      await ending.write('last words')
      ending.end()
      expect(await going.readBytes(10)).toBe('last words')
      expect(await going.ended()).toBe('end')
      await going.write(octets(300_000))
      await ending.until(() => ending.received.length === 300_000)
      expect(ending.ending).toBe('open')
      going.end()
      expect(await ending.closed()).toBe('end')
      expect((await record(0)).error).toBeNull()
      await eventually(() => proxy.connections === 0)
    })

    test('of both at the same time ends the tunnel', async () => {
      const { client, peer, record } = await openTunnel()
      client.end()
      peer.end()
      expect([await client.closed(), await peer.closed()]).toEqual(['end', 'end'])
      expect((await record(0)).error).toBeNull()
    })

    test('of a client before its tunnel stands is passed on', async () => {
      const origin = await startRawOrigin()
      const client = await (await start()).connect()
      await client.write(`${connectTo(origin.authority)}all there is`)
      client.end()
      const peer = await origin.peer(0)
      expect(await peer.ended()).toBe('end')
      expect(peer.received).toBe('all there is')
      await peer.write('answer')
      await client.readPast('answer')
    })
  })

  describe('octets', () => {
    test.each([1, 100, 16_383, 16_384, 65_536, 65_537, 1_000_000, 20_000_000])(
      'of every value arrive both ways at once, %i of them, and are counted',
      async (length) => {
        const { client, peer, record } = await openTunnel()
        const sent = octets(length)
        const text = sent.toString('latin1')
        await Promise.all([client.write(sent), peer.write(sent)])
        const [up, down] = await Promise.all([peer.readBytes(length), client.readBytes(length)])
        expect(up === text && down === text).toBe(true)
        client.end()
        peer.end()
        const head = connectTo(`127.0.0.1:${(await record(0)).target.port}`).length
        expect((await record(0)).bytes).toEqual({ fromClient: head + length, toClient: ESTABLISHED.length + length })
      },
    )

    test('that come with the head arrive first', async () => {
      const origin = await startRawOrigin((peer) => peer.write('220 ready\r\n'))
      const client = await (await start()).connect()
      const early = octets(40_000)
      await client.write(Buffer.concat([Buffer.from(connectTo(origin.authority)), early]))
      await client.write('later')
      const peer = await origin.peer(0)
      expect(await peer.readBytes(40_000)).toBe(early.toString('latin1'))
      expect(await peer.readBytes(5)).toBe('later')
      expect(await client.readPast('ready\r\n')).toBe(`${ESTABLISHED}220 ready\r\n`)
    })

    test('of a head may come one by one', async () => {
      const origin = await startRawOrigin()
      const client = await (await start()).connect()
      await client.write(`${connectTo(origin.authority)}x`, 1)
      expect(await client.readPast('\r\n\r\n')).toBe(ESTABLISHED)
      expect(await (await origin.peer(0)).readBytes(1)).toBe('x')
    })

    test('in small pieces after large ones arrive in order', async () => {
      const { client, peer } = await openTunnel()
      const sizes = [1, 200_000, 1, 1, 400_000, 3, 65_536, 2, 1_000_000, 1]
      const sent = octets(sizes.reduce((sum, size) => sum + size))
      let at = 0
      for (const size of sizes) {
        await client.write(sent.subarray(at, at + size))
        at += size
        await peer.until(() => peer.received.length === at)
      }
      expect(peer.received === sent.toString('latin1')).toBe(true)
    })
  })

  describe('back-pressure', () => {
    test.each(['client', 'origin'])('a %s that does not read stops the other side, and then gets all', async (slow) => {
      const { client, peer } = await openTunnel()
      const [reader, writer] = slow === 'client' ? [client, peer] : [peer, client]
      reader.socket.pause()
      const sent = octets(1_048_576)
      const hash = createHash('sha256')
      for (let i = 0; i < 64; i++) {
        hash.update(sent)
        writer.socket.write(sent)
      }
      writer.socket.end()
      let before = -1
      while (before !== writer.socket.bytesWritten - writer.socket.writableLength) {
        before = writer.socket.bytesWritten - writer.socket.writableLength
        await new Promise((resolve) => setTimeout(resolve, 150))
      }
      expect(before).toBeLessThan(sent.length * 40)
      const received = createHash('sha256')
      reader.socket.removeAllListeners('data').on('data', (chunk: Buffer) => received.update(chunk))
      reader.socket.resume()
      await reader.ended()
      expect(received.digest('hex')).toBe(hash.digest('hex'))
    })
  })

  describe('abort', () => {
    test.each([
      ['client', 'client_aborted'],
      ['origin', 'VG_ORIGIN_TERMINATED'],
    ])('a reset by the %s is a reset for the other side, and recorded', async (first, error) => {
      const { client, peer, proxy, record } = await openTunnel()
      const [breaking, other] = first === 'client' ? [client, peer] : [peer, client]
      await other.write(octets(100_000))
      await breaking.until(() => breaking.received.length === 100_000)
      breaking.reset()
      expect(await other.ended()).toBe('reset')
      expect((await record(0)).error).toBe(error)
      await eventually(() => proxy.connections === 0)
    })

    test.each(['client', 'origin'])('a reset by a %s that has ended its side is a reset too', async (first) => {
      const { client, peer } = await openTunnel()
      const [breaking, other] = first === 'client' ? [client, peer] : [peer, client]
      breaking.end()
      await other.ended()
      breaking.reset()
      expect(await other.ended()).toBe('end')
      while (other.ending === 'end') {
        await other.write('into the void')
        await turn()
      }
      expect(other.ending).toBe('reset')
    })

    test('a client that goes away while its origin is dialled ends the dial', async () => {
      const port = await unusedPort()
      const silent = await startSilentListener('127.0.0.1', port)
      onTestFinished(() => silent.close())
      const { connect, proxy, record } = await start()
      const client = await connect()
      await client.write(connectTo(`127.0.0.1:${port}`))
      await eventually(() => proxy.busyConnections === 1)
      client.reset()
      expect(await record(0)).toMatchObject({ status: 0, error: 'client_aborted' })
      await eventually(() => proxy.connections === 0)
    })
  })

  describe('time-outs', () => {
    test('a tunnel on which nothing moves is cut; one on which octets move either way is not', async () => {
      const { client, peer, connect, origin, record } = await openTunnel({ limits: { tunnelIdleTimeoutMs: 1_500 } })
      const quiet = await connect()
      await quiet.write(connectTo(origin.authority))
      await quiet.readPast('\r\n\r\n')
      for (let i = 0; quiet.ending === 'open'; i++) {
        const [from, to] = i % 2 === 0 ? [client, peer] : [peer, client]
        await from.write('x')
        await to.readBytes(1)
        await new Promise((resolve) => setTimeout(resolve, 50))
      }
      expect(quiet.ending).toBe('reset')
      expect([client.ending, peer.ending]).toEqual(['open', 'open'])
      expect(await client.ended()).toBe('reset')
      expect((await record(1)).error).toBeNull()
    })

    test('a client that sends nothing is closed without a word', async () => {
      const { connect, proxy, records } = await start({ limits: { idleTimeoutMs: 100 } })
      const client = await connect()
      expect(await client.closed()).toBe('end')
      expect(client.received).toBe('')
      expect(records).toEqual([])
      await eventually(() => proxy.connections === 0)
    })

    test.each(['CONN', 'CONNECT a.test:443 HTTP/1.1\r\nHost: x\r\n', 'GET http://a.test/ HTTP/1.1\r\n'])(
      'a head that stops at %j gets 408',
      async (text) => {
        const { connect, record } = await start({ limits: { headTimeoutMs: 100 } })
        const client = await connect()
        await client.write(text)
        expect((await client.readResponse()).status).toBe(408)
        expect(await client.closed()).toBe('end')
        expect((await record(0)).error).toBe('VG_HEAD_TIMEOUT')
      },
    )

    test('an origin that does not answer the connection gets 504', async () => {
      const port = await unusedPort()
      const silent = await startSilentListener('127.0.0.1', port)
      onTestFinished(() => silent.close())
      const { connect, record } = await start({ limits: { connectTimeoutMs: 200 } })
      const client = await connect()
      await client.write(connectTo(`127.0.0.1:${port}`))
      const response = await client.readResponse()
      expect([response.status, response.fields['proxy-status']]).toEqual([
        504,
        expect.stringContaining('error=connection_timeout'),
      ])
      expect(await record(0)).toMatchObject({ status: 504, error: 'VG_ORIGIN_CONNECT_TIMEOUT' })
    })
  })

  describe('limits', () => {
    test('a tunnel too many gets 429, and its place comes back', async () => {
      const { client, peer, connect, origin } = await openTunnel({ limits: { tunnelsPerClient: 1 } })
      const second = await connect()
      await second.write(connectTo(origin.authority))
      expect((await second.readResponse()).status).toBe(429)
      client.close()
      await peer.closed()
      const third = await connect()
      await third.write(connectTo(origin.authority))
      expect((await third.readHead()).status).toBe(200)
    })

    test('a connection too many gets 429 or 503 before it asks, and its place comes back', async () => {
      const { connect, proxy } = await start({ limits: { connections: 2 } })
      const first = await connect()
      await connect()
      await eventually(() => proxy.connections === 2)
      const third = await connect()
      expect((await third.readResponse()).status).toBe(503)
      first.close()
      third.close()
      await eventually(() => proxy.connections === 1)
      const fourth = await connect()
      await fourth.write(connectTo('127.0.0.1:1'))
      expect((await fourth.readResponse()).status).toBe(502)
    })

    test.each([
      ['headBytes', { headBytes: 512 }, `CONNECT a.test:443 HTTP/1.1\r\nX: ${'y'.repeat(600)}`, 431],
      ['headBytes, complete', { headBytes: 512 }, `CONNECT a.test:443 HTTP/1.1\r\nX: ${'y'.repeat(600)}\r\n\r\n`, 431],
      ['uriBytes', { uriBytes: 64 }, `CONNECT ${'a'.repeat(70)}:443 HTTP/1.1\r\n\r\n`, 414],
      ['headFields', { headFields: 1 }, 'CONNECT a.test:443 HTTP/1.1\r\nA: 1\r\nB: 2\r\n\r\n', 431],
    ])('a CONNECT over %s is refused', async (_name, limits, text, status) => {
      const client = await (await start({ limits })).connect()
      await client.write(text)
      expect((await client.readResponse()).status).toBe(status)
      expect(await client.closed()).toBe('end')
    })
  })

  describe('refusals', () => {
    test.each([
      ['a rule', 'blocked.test:443', 403, 'VG_REQUEST_BLOCKED'],
      ['the guard', '192.168.0.1:443', 403, 'VG_ADDRESS_PROHIBITED'],
      ['the origin', '127.0.0.1:1', 502, 'VG_ORIGIN_REFUSED'],
      ['the resolver', 'name.invalid:443', 502, 'VG_DNS_ERROR'],
      ['the parser', 'a..b:443', 400, 'VG_TARGET_MALFORMED'],
    ])('by %s are answered, recorded and close the connection', async (_by, authority, status, error) => {
      const { connect, record } = await start({ lines: ['block blocked.test'] })
      const client = await connect()
      await client.write(`${connectTo(authority)}GET http://a.test/ HTTP/1.1\r\n\r\n`)
      const response = await client.readResponse()
      expect([response.status, response.fields.connection]).toEqual([status, 'close'])
      expect(response.fields['proxy-status']).toMatch(/^veilgate; error=/)
      expect(await client.closed()).toBe('end')
      expect(client.received).toBe('')
      expect(await record(0)).toMatchObject({ method: 'CONNECT', status, error })
    })

    test('of this proxy itself as a target', async () => {
      const { connect, port } = await start()
      const client = await connect()
      await client.write(connectTo(`127.0.0.1:${port}`))
      expect((await client.readResponse()).status).toBe(508)
    })
  })

  describe('egress addresses', () => {
    test('an origin is reached from the address that was named', async () => {
      const { client, peer, record } = await openTunnel({ egress: { addresses: ['127.0.0.9'] } })
      expect(peer.socket.remoteAddress).toBe('127.0.0.9')
      client.end()
      peer.end()
      expect((await record(0)).egress).toMatchObject({ route: 'direct', ip: '127.0.0.9' })
    })

    test('and from no other, where this machine does not have it', async () => {
      const origin = await startRawOrigin()
      const { connect, record } = await start({ egress: { addresses: ['192.0.2.77'] } })
      const client = await connect()
      await client.write(connectTo(origin.authority))
      expect((await client.readResponse()).status).toBeGreaterThanOrEqual(500)
      expect((await record(0)).error).toBe('VG_EGRESS_ADDRESS')
      expect(origin.peers).toEqual([])
    })
  })

  describe('through upstreams', () => {
    const via = (...hops: readonly string[]): TestProxyOptions => ({
      upstreams: { up: { hops, tor: false } },
      route: [{ match: ['*'], via: 'up', anonymous: false }],
    })

    async function openThrough(schemes: readonly string[], { early = '' } = {}) {
      const parents: RecordingParent[] = []
      for (const [i] of schemes.entries()) {
        parents.push(await startRecordingParent(i === schemes.length - 1 ? { early } : {}))
      }
      const hops = schemes.map((scheme, i) => `${scheme}://127.0.0.1:${parents[i]?.port}`)
      return { ...(await openTunnel(via(...hops))), parents }
    }

    /** A parent that is asked, and of which the test says what becomes. */
    async function startAsked(options: TestProxyOptions = {}, answer?: (parent: RawPeer) => Promise<void>) {
      const parent = await startRawOrigin(answer)
      const testProxy = await start({ ...via(`socks5h://${parent.authority}`), ...options })
      const client = await testProxy.connect()
      await client.write(connectTo('127.0.0.1:9'))
      return { ...testProxy, parent, client }
    }

    test.each([[['socks5h']], [['socks4a']], [['http']], [['socks5', 'http']], [['http', 'socks4', 'socks5h']]])(
      '%j octets arrive both ways, and each side ends on its own',
      async (schemes) => {
        const { client, peer, parents, proxy, record } = await openThrough(schemes)
        const sent = octets(1_000_000)
        await Promise.all([client.write(sent), peer.write(sent)])
        const [up, down] = await Promise.all([peer.readBytes(sent.length), client.readBytes(sent.length)])
        expect(up === sent.toString('latin1') && down === up).toBe(true)
        client.end()
        expect(await peer.ended()).toBe('end')
        await peer.write('last words')
        expect(await client.readBytes(10)).toBe('last words')
        peer.end()
        expect(await client.closed()).toBe('end')
        expect(await record(0)).toMatchObject({
          error: null,
          egress: { route: 'up' },
          bytes: { toClient: ESTABLISHED.length + sent.length + 10 },
        })
        await eventually(() => proxy.connections === 0 && parents.every(({ open }) => open === 0))
      },
    )

    test.each([1, 20_000, 300_000])(
      '%i octets that come with the reply of the last hop arrive first',
      async (length) => {
        const early = octets(length).toString('latin1')
        const { client, peer } = await openThrough(['http', 'socks5h'], { early })
        await peer.write('later')
        expect((await client.readBytes(length)) === early).toBe(true)
        expect(await client.readBytes(5)).toBe('later')
      },
    )

    test('a hop may answer octet by octet', async () => {
      const { client } = await startAsked({}, async (parent) => {
        await parent.readBytes(3)
        await parent.write('\x05\0', 1)
        await parent.readBytes(10)
        await parent.write('\x05\0\0\x03\x03abc\0\x50220 ready', 1)
      })
      expect(await client.readPast('ready')).toBe(`${ESTABLISHED}220 ready`)
    })

    test.each(['client', 'origin'])('a %s that does not read stops the other side, and then gets all', async (slow) => {
      const { client, peer } = await openThrough(['socks5h'])
      const [reader, writer] = slow === 'client' ? [client, peer] : [peer, client]
      reader.socket.pause()
      const sent = octets(1_048_576)
      for (let i = 0; i < 48; i++) writer.socket.write(sent)
      writer.socket.end()
      await eventually(() => writer.socket.bytesWritten > 0)
      expect(writer.socket.writableLength).toBeGreaterThan(0)
      reader.socket.resume()
      await reader.ended()
      expect(reader.bytes - (slow === 'client' ? ESTABLISHED.length : 0)).toBe(sent.length * 48)
    })

    test('a client that goes away while its upstream is asked ends the dial', async () => {
      const { client, parent, proxy, record } = await startAsked()
      await (await parent.peer(0)).readBytes(3)
      client.reset()
      expect(await record(0)).toMatchObject({ status: 0, error: 'client_aborted' })
      await (await parent.peer(0)).closed()
      await eventually(() => proxy.connections === 0)
    })

    test.each([
      ['says nothing', async () => {}],
      ['ends', async (parent: RawPeer) => parent.end()],
      [
        'ends within the handshake',
        async (parent: RawPeer) => {
          await parent.write('\x05')
          parent.end()
        },
      ],
      [
        'breaks off',
        async (parent: RawPeer) => {
          await parent.readBytes(3)
          parent.reset()
        },
      ],
      ['speaks something else', async (parent: RawPeer) => parent.write('SSH-2.0-x\r\n')],
    ])('an upstream that %s is 503, and nothing of it stays open', async (_how, answer) => {
      const { client, parent, proxy, record } = await startAsked({ limits: { connectTimeoutMs: 500 } }, answer)
      expect((await client.readResponse()).status).toBe(503)
      expect(await record(0)).toMatchObject({ error: 'VG_UPSTREAM_UNAVAILABLE' })
      client.close()
      await eventually(() => proxy.connections === 0)
      const hop = await parent.peer(0)
      if (!hop.isClosed) await hop.closed()
    })

    test.each(['client', 'peer'] as const)(
      'a %s that breaks off ends the other, and nothing stays open',
      async (first) => {
        const { parents, proxy, ...ends } = await openThrough(['socks5h'])
        const other = ends[first === 'client' ? 'peer' : 'client']
        ends[first].reset()
        await other.ended()
        other.close()
        await eventually(() => proxy.connections === 0 && parents.every(({ open }) => open === 0))
      },
    )

    test.runIf(engine === 'native')('no socket of Node’s leads to a hop, unless it speaks TLS', async () => {
      const sockets: Socket[] = []
      const note = (message: unknown) => sockets.push((message as { readonly socket: Socket }).socket)
      diagnostics.subscribe('net.client.socket', note)
      onTestFinished(() => void diagnostics.unsubscribe('net.client.socket', note))
      const { client, peer, parents } = await openThrough(['socks5h', 'http'])
      await client.write('ping')
      expect(await peer.readBytes(4)).toBe('ping')
      expect(sockets.filter(({ remotePort }) => remotePort === parents[0]?.port)).toEqual([])
    })
  })

  test('the access record tells of a tunnel what it was', async () => {
    const { client, peer, port, origin, record, records } = await openTunnel()
    await client.write('12345')
    await peer.readBytes(5)
    expect(records).toEqual([])
    const { localPort } = client.socket
    client.end()
    peer.end()
    const told = await record(0)
    expect(told).toMatchObject({
      client: { ip: '127.0.0.1', port: localPort },
      listener: `http://127.0.0.1:${port}`,
      method: 'CONNECT',
      target: { form: 'authority', host: '127.0.0.1', port: origin.port, ip: '127.0.0.1' },
      decision: { action: 'allow' },
      egress: { route: 'direct', ip: '127.0.0.1' },
      status: 200,
      error: null,
    })
    expect(told.ms.connect).toBeGreaterThanOrEqual(0)
    expect(told.ms.total).toBeGreaterThanOrEqual(0)
  })

  test('a request of another kind on the same port is served', async () => {
    const { connect } = await start({ lines: ['block blocked.test'] })
    const client = await connect()
    for (const target of ['http://blocked.test/', 'http://blocked.test/again']) {
      await client.write(`GET ${target} HTTP/1.1\r\nHost: x\r\n\r\n`)
      expect((await client.readResponse()).status).toBe(403)
    }
    await client.write(connectTo('blocked.test:443'))
    expect((await client.readResponse()).status).toBe(403)
    expect(await client.closed()).toBe('end')
  })

  describe('drain', () => {
    test('lets a tunnel end by itself', async () => {
      const { client, peer, proxy } = await openTunnel()
      const stopped = proxy.close({ drainMs: 60_000 })
      await client.write('still')
      expect(await peer.readBytes(5)).toBe('still')
      client.end()
      peer.end()
      expect(await stopped).toBe(0)
    })

    test('cuts and counts those that do not end, and closes who has asked nothing at once', async () => {
      const { client, peer, proxy, connect, record } = await openTunnel()
      const idle = await connect()
      await eventually(() => proxy.connections === 2)
      const stopped = proxy.close({ drainMs: 100 })
      expect(await idle.closed()).toBe('end')
      expect(await stopped).toBe(1)
      expect([await client.ended(), await peer.ended()]).toEqual(['reset', 'reset'])
      expect((await record(0)).status).toBe(200)
    })
  })

  test('a stop leaves no descriptor behind', async () => {
    const open = () => readdirSync('/proc/self/fd').length
    const { client, peer, proxy, origin } = await openTunnel()
    await client.write(octets(3_000_000))
    await peer.until(() => peer.received.length === 3_000_000)
    const before = open()
    await proxy.close({ drainMs: 0 })
    client.close()
    await eventually(() => origin.open === 0 && client.isClosed)
    await eventually(() => open() < before - 3)
  })

  test('out of descriptors it serves who is there, and others when some are free again', async () => {
    const { port, stop } = await startLimited(engine, 128)
    onTestFinished(stop)
    const origin = await startRawOrigin()
    const first = await connectRaw(port)
    await first.write(connectTo(origin.authority))
    expect((await first.readHead()).status).toBe(200)
    const crowd: RawPeer[] = []
    for (let i = 0; i < 200; i++) crowd.push(await connectRaw(port))
    await first.write('still here')
    expect(await (await origin.peer(0)).readBytes(10)).toBe('still here')
    for (const client of crowd) client.close()
    // who comes before they are free again is turned away, or closed without a word
    let status = 0
    while (status !== 200) {
      const last = await connectRaw(port)
      await last.write(connectTo(origin.authority))
      status = await Promise.race([
        last.readHead().then(
          (head) => head.status,
          () => 0,
        ),
        last.ended().then(() => 0),
      ])
      last.close()
    }
    first.close()
  })

  test('ten thousand tunnels at a time stand, and end', async () => {
    const { port, proxy } = await start({ limits: { perClient: 20_000, tunnelsPerClient: 20_000 } })
    const tunnels = await startManyTunnels(port)
    onTestFinished(() => tunnels.stop())
    await eventually(() => proxy.busyConnections === tunnels.count)
    expect(await tunnels.echo()).toBe(tunnels.count)
    tunnels.stop()
    await eventually(() => proxy.connections === 0)
  }, 400_000)
})

/** The built command in a process that may open so many descriptors. */
async function startLimited(engine: string, descriptors: number) {
  const bin = fileURLToPath(new URL('../../bin/veilgate', import.meta.url))
  const args = [
    'start',
    '--engine',
    engine,
    '--listen',
    'http://127.0.0.1:0',
    '--allow-private',
    '--connect-ports',
    'any',
  ]
  const words = [...args, '--json', '--access-log', 'off'].join(' ')
  const child = spawn('sh', ['-c', `ulimit -n ${descriptors} && exec "${bin}" ${words}`], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const [line] = await once(child.stdout, 'data')
  const { port } = new URL(JSON.parse(String(line)).listening[0])
  return { port: Number(port), stop: () => void child.kill('SIGKILL') }
}
