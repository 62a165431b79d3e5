import { type AddressInfo, createServer, type Socket } from 'node:net'
import { describe, expect, onTestFinished, test } from 'vitest'
import type { HopScheme } from '../../src/policy/hop.js'
import type { ChainOptions } from '../../src/upstream/chain.js'
import type { Dial } from '../../src/upstream/dial.js'
import { ENGINES } from '../helpers/engines.js'
import { asSocketDial, startEdge } from '../helpers/native-dials.js'
import { startRawOrigin, unusedPort } from '../helpers/raw-origin.js'
import { eventually, RawPeer } from '../helpers/raw-peer.js'
import { type RecordingParent, startRecordingParent } from '../helpers/recording-parent.js'
import { makeCertificate } from '../helpers/tls-certificate.js'
import { chainBy, chainOf, dialled, directDial, directDialBy, recordingResolver } from '../helpers/upstream-dials.js'

// Every way to reach a target keeps the same promises (upstream/dial.ts), whatever stands in between.

const certificate = makeCertificate()
const NAMES = { 'a.test': ['127.0.0.1'] }

type Engine = (typeof ENGINES)[number]
type Way = { readonly dial: Dial; readonly parents: readonly RecordingParent[] }
type WayOptions = { readonly early?: string; readonly connectTimeoutMs?: number }

async function through(engine: Engine, schemes: readonly string[], options: WayOptions): Promise<Way> {
  const { early, connectTimeoutMs } = options
  const parents: RecordingParent[] = []
  for (const [i, scheme] of schemes.entries()) {
    const isLast = i === schemes.length - 1
    parents.push(
      await startRecordingParent({
        names: { 'a.test': '127.0.0.1' },
        // a handshake that was given up is noticed by its time alone
        ...(scheme === 'https' && { tls: certificate, handshakeTimeoutMs: 5_000 }),
        ...(isLast && early !== undefined && { early }),
      }),
    )
  }
  const hops = schemes.map((scheme, i) => `${scheme}://127.0.0.1:${parents[i]?.port}`)
  const more = {
    ca: certificate.cert,
    resolver: recordingResolver(NAMES),
    ...(connectTimeoutMs !== undefined && { connectTimeoutMs }),
  }
  return { dial: dialBy(engine, hops, more), parents }
}

function dialBy(engine: Engine, hops: readonly string[], more: Partial<Omit<ChainOptions, 'connect' | 'wire'>>): Dial {
  if (engine === 'js') return chainOf(hops, more).dial
  const edge = startEdge()
  return asSocketDial(edge, chainBy({ connect: directDialBy(edge.connect), wire: edge }, hops, more).dial)
}

function direct(engine: Engine, connectTimeoutMs: number | undefined): Dial {
  if (engine === 'js') return directDial(recordingResolver(NAMES), connectTimeoutMs)
  const edge = startEdge()
  return asSocketDial(edge, directDialBy(edge.connect, recordingResolver(NAMES), connectTimeoutMs))
}

const SCHEMES: readonly (readonly HopScheme[])[] = [
  ['http'],
  ['https'],
  ['socks4'],
  ['socks4a'],
  ['socks5'],
  ['socks5h'],
  ['http', 'socks5h'],
  ['https', 'http'],
  ['socks5h', 'https'],
  ['https', 'https'],
  ['socks4a', 'http', 'socks5'],
  ['https', 'socks4', 'https'],
]

/** What stands at the other end of a way, and how it is reached; the native edge speaks no TLS. */
const WAYS = ENGINES.flatMap((engine) => [
  {
    engine,
    name: 'direct',
    way: async ({ connectTimeoutMs }: WayOptions = {}): Promise<Way> => ({
      dial: direct(engine, connectTimeoutMs),
      parents: [],
    }),
  },
  ...SCHEMES.filter((schemes) => engine === 'js' || !schemes.includes('https')).map((schemes) => ({
    engine,
    name: schemes.join(' → '),
    way: (options: WayOptions = {}) => through(engine, schemes, options),
  })),
])

function request(port: number, host = '127.0.0.1') {
  return { host, port, family: host === 'a.test' ? (0 as const) : (4 as const) }
}

async function connected(dial: Dial, port: number, host?: string): Promise<Socket> {
  const { error, socket } = await dialled(dial, request(port, host))
  if (socket === null) throw error
  onTestFinished(() => {
    socket.destroy()
  })
  return socket
}

describe.each(WAYS)('$name, engine $engine', ({ name, engine, way }) => {
  test.each(['127.0.0.1', 'a.test'])('reaches %s and moves octets both ways', async (host) => {
    const origin = await startRawOrigin()
    const { dial } = await way()
    const near = new RawPeer(await connected(dial, origin.port, host))
    near.socket.resume()
    const far = await origin.peer(0)
    await near.write('ping')
    expect(await far.readBytes(4)).toBe('ping')
    await far.write('pong')
    expect(await near.readBytes(4)).toBe('pong')
  })

  test.runIf(engine === 'js')('hands out a socket that is not flowing and that nobody listens to', async () => {
    const origin = await startRawOrigin()
    const { dial } = await way()
    const listeners = await new Promise<readonly (string | symbol)[]>((resolve) => {
      dial(request(origin.port), (_error, socket) => {
        const names = socket?.eventNames().filter((event) => !['end', 'close'].includes(String(event))) ?? []
        expect(socket?.readableFlowing).not.toBe(true)
        expect(socket?.listenerCount('data')).toBe(0)
        expect(socket?.allowHalfOpen).toBe(true)
        socket?.on('error', () => {})
        socket?.destroy()
        resolve(names)
      })
    })
    expect(listeners.filter((event) => event === 'error' || event === 'data' || event === 'drain')).toEqual([])
  })

  test('loses nothing of a target that speaks first, in the same packet as the reply', async () => {
    const origin = await startRawOrigin((peer) => peer.write('more'))
    const isDirect = name === 'direct'
    const { dial } = await way({ early: 'early ' })
    const near = new RawPeer(await connected(dial, origin.port))
    near.socket.resume()
    expect(await near.readBytes(isDirect ? 4 : 10)).toBe(isDirect ? 'more' : 'early more')
  })

  test('each direction ends on its own', async () => {
    const origin = await startRawOrigin()
    const { dial } = await way()
    const near = new RawPeer(await connected(dial, origin.port))
    near.socket.resume()
    const far = await origin.peer(0)
    near.end()
    expect(await far.ended()).toBe('end')
    await far.write('still')
    expect(await near.readBytes(5)).toBe('still')
    far.end()
    expect(await near.ended()).toBe('end')
  })

  test('the other direction too', async () => {
    const origin = await startRawOrigin()
    const { dial } = await way()
    const near = new RawPeer(await connected(dial, origin.port))
    near.socket.resume()
    const far = await origin.peer(0)
    far.end()
    expect(await near.ended()).toBe('end')
    await near.write('still')
    expect(await far.readBytes(5)).toBe('still')
    near.end()
    expect(await far.ended()).toBe('end')
  })

  test('a reader that waits holds the writer back, and gets everything in the end', async () => {
    // each connection in between, and the edge's own, holds some megabytes
    const total = (name.includes('→') || engine === 'native' ? 48 : 16) * 1_048_576
    const origin = await startRawOrigin()
    const { dial } = await way()
    const socket = await connected(dial, origin.port)
    const far = await origin.peer(0)
    const chunk = Buffer.alloc(65_536, 'x')
    for (let sent = 0; sent < total; sent += chunk.length) far.socket.write(chunk)
    await new Promise((resolve) => setTimeout(resolve, 50))
    expect(far.socket.writableLength).toBeGreaterThan(0)
    let received = 0
    socket.on('data', (data) => {
      received += data.length
    })
    socket.resume()
    await eventually(() => received === total)
  })

  test('a target that refuses is told as such', async () => {
    const { dial } = await way()
    const { error, socket } = await dialled(dial, request(await unusedPort()))
    expect(socket).toBeNull()
    // SOCKS4 and a status of HTTP say less than SOCKS5
    expect(['VG_ORIGIN_REFUSED', 'VG_ORIGIN_TERMINATED', 'VG_UPSTREAM_DENIED']).toContain(error?.code)
  })

  test('a cancelled dial leaves nothing open, at whatever step it is cancelled', async () => {
    const origin = await startRawOrigin(async (peer) => {
      await peer.closed()
    })
    const { dial, parents } = await way()
    for (let i = 0; i < 30; i++) {
      let isDone = false
      const cancel = dial(request(origin.port), (_error, socket) => {
        isDone = true
        socket?.on('error', () => {})
        socket?.destroy()
      })
      for (let turns = 0; turns < i % 15; turns++) await new Promise(setImmediate)
      const before = isDone
      cancel()
      await new Promise(setImmediate)
      expect(isDone).toBe(before)
    }
    await eventually(() => parents.every(({ open }) => open === 0) && origin.open === 0)
  })

  test('closing the socket closes every connection under it', async () => {
    const origin = await startRawOrigin()
    const { dial, parents } = await way()
    const socket = await connected(dial, origin.port)
    const far = await origin.peer(0)
    socket.destroy()
    await far.closed()
    await eventually(() => parents.every(({ open }) => open === 0))
  })
})

test.each(WAYS.filter(({ name }) => name !== 'direct'))(
  '$name, engine $engine: a first hop that never answers ends within the time',
  async ({ name, engine }) => {
    const silent = createServer(() => {})
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve))
    onTestFinished(() => {
      silent.close()
    })
    const { port } = silent.address() as AddressInfo
    const hops = name.split(' → ').map((scheme, i) => `${scheme}://127.0.0.1:${i === 0 ? port : 1}`)
    const dial = dialBy(engine, hops, { connectTimeoutMs: 400, ca: certificate.cert })
    const { error } = await dialled(dial, request(1))
    expect(error).toMatchObject({ code: 'VG_UPSTREAM_UNAVAILABLE', detail: 'it did not answer in time' })
  },
)

const GRANTED = '\x05\0\0\x01\0\0\0\0\0\0'

/** What a SOCKS5 hop writes when it is told something, by turns; null: it ends. Each text of a turn is a packet of its own. */
const ANSWERS: readonly (readonly [string, readonly (readonly (string | null)[])[], string])[] = [
  ['answers as it should', [['\x05\0'], [GRANTED]], 'connected'],
  [
    'answers in pieces',
    [
      ['\x05', '\0'],
      ['\x05\0\0', '\x01\0\0\0\0\0', '\0'],
    ],
    'connected',
  ],
  ['wants user and password', [['\x05\x02']], 'VG_UPSTREAM_CREDENTIALS'],
  ['takes nobody', [['\x05\xff']], 'VG_UPSTREAM_CREDENTIALS'],
  ['says more than it was asked', [[`\x05\0${GRANTED}`]], 'VG_UPSTREAM_UNAVAILABLE'],
  ['ends instead of an answer', [[null]], 'VG_UPSTREAM_UNAVAILABLE'],
  ['ends behind the first answer', [['\x05\0', null]], 'VG_UPSTREAM_UNAVAILABLE'],
  ['ends behind the request', [['\x05\0'], [null]], 'VG_UPSTREAM_UNAVAILABLE'],
  ['refuses', [['\x05\0'], ['\x05\x02\0\x01\0\0\0\0\0\0']], 'VG_UPSTREAM_DENIED'],
]

describe.each(ENGINES)('a SOCKS5 hop, engine %s', (engine) => {
  test.each(ANSWERS)('that %s', async (_what, turns, expected) => {
    const heard: string[] = []
    const hop = await startRawOrigin(async (peer) => {
      for (const [turn, octets] of [3, 13].entries()) {
        heard.push(await peer.readBytes(octets))
        for (const text of turns[turn] ?? []) {
          if (text === null) peer.end()
          else await peer.write(text)
          await new Promise((resolve) => setTimeout(resolve, 20))
        }
      }
    })
    const { error, socket } = await dialled(dialBy(engine, [`socks5h://${hop.authority}`], {}), request(80, 'a.test'))
    socket?.on('error', () => {}).destroy()
    expect(error?.code ?? 'connected').toBe(expected)
    expect(heard).toEqual(['\x05\x01\0', '\x05\x01\0\x03\x06a.test\0P'].slice(0, heard.length))
  })
})
