import { once } from 'node:events'
import { createServer, type Server, type Socket } from 'node:net'
import { afterEach, describe, expect, test } from 'vitest'
import { DEFAULT_CONFIG } from '../../../src/config/config.js'
import { createCounts } from '../../../src/counts.js'
import { ProxyError } from '../../../src/errors.js'
import { createEgressAddresses } from '../../../src/policy/egress-addresses.js'
import { createEgressGuard } from '../../../src/policy/egress-guard.js'
import { createOwnListeners } from '../../../src/policy/own-listeners.js'
import { createDescriptors } from '../../../src/upstream/descriptors.js'
import {
  createDialer,
  type Dial,
  type DialerOptions,
  type DialRequest,
  type DialTiming,
} from '../../../src/upstream/dial.js'
import type { HostResolver, LookupDone } from '../../../src/upstream/resolver.js'
import { askingServer } from '../../helpers/asking-server.js'
import { type DnsZone, startDnsServer } from '../../helpers/dns-server.js'
import { eventually } from '../../helpers/raw-peer.js'
import { startSilentListener } from '../../helpers/silent-listener.js'
import { waitFor } from '../../helpers/wait-for.js'

const closing: (() => unknown)[] = []

afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close()
})

type Origin = { readonly port: number; readonly connections: Socket[] }

/** Listens on one loopback address and counts who comes. */
async function listen(host: string, port = 0): Promise<Origin> {
  const connections: Socket[] = []
  const server: Server = createServer({ allowHalfOpen: true }, (socket) => {
    connections.push(socket)
    socket.on('error', () => {})
  })
  await once(server.listen(port, host), 'listening')
  closing.push(() => {
    for (const socket of connections) socket.destroy()
    server.close()
  })
  const address = server.address()
  return { port: typeof address === 'object' && address !== null ? address.port : 0, connections }
}

/** A port that nobody listens on. */
async function closedPort(): Promise<number> {
  const server = createServer()
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  return typeof address === 'object' && address !== null ? address.port : 0
}

function answering(addresses: readonly string[] | ProxyError): Pick<HostResolver, 'lookup'> {
  return {
    lookup(_host, done) {
      if (addresses instanceof ProxyError) done(addresses, [], [])
      else done(null, addresses, [])
      return () => {}
    },
  }
}

const LOOPBACK_OPEN = createEgressGuard({ allow: ['127.0.0.0/8', '::1'], deny: [] })

function dialer(options: Partial<DialerOptions> = {}): Dial {
  return createDialer({
    resolver: answering([]),
    guard: LOOPBACK_OPEN,
    isOwn: () => false,
    limits: DEFAULT_CONFIG.limits,
    descriptors: createDescriptors({ limit: undefined, base: 0, onShort: () => {} }),
    now: () => performance.now(),
    counts: createCounts(),
    ...options,
  })
}

type Outcome = { readonly error: string | null; readonly socket: Socket | null; readonly timing: DialTiming }

function outcome(dial: Dial, request: Partial<DialRequest> & { port: number }): Promise<Outcome> {
  return new Promise((resolve) => {
    dial({ host: 'a.test', family: 0, ...request }, (error, socket, timing) => {
      if (socket !== null) {
        socket.on('error', () => {})
        closing.push(() => socket.destroy())
      }
      resolve({ error: error === null ? null : `${error.code} ${error.detail ?? ''}`.trim(), socket, timing })
    })
  })
}

function openHandles(): number {
  return process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout' || kind.startsWith('TCP')).length
}

describe('a dialled socket', () => {
  test('is connected, half-open, not flowing and without a listener but the one that counts closed sockets', async () => {
    const origin = await listen('127.0.0.1')
    const seen = await new Promise((resolve) => {
      dialer()({ host: '127.0.0.1', port: origin.port, family: 4 }, (_error, socket) => {
        if (socket === null) return resolve('no socket')
        closing.push(() => socket.destroy())
        const listeners = ['connect', 'error', 'data', 'readable', 'close', 'timeout', 'ready'].map((name) =>
          socket.listenerCount(name),
        )
        resolve({
          listeners,
          flowing: socket.readableFlowing,
          halfOpen: socket.allowHalfOpen,
          connecting: socket.connecting,
        })
      })
    })
    expect(seen).toEqual({ listeners: [0, 0, 0, 0, 1, 0, 0], flowing: null, halfOpen: true, connecting: false })
  })

  test('keeps what the origin sent at once until somebody reads', async () => {
    const origin = await listen('127.0.0.1')
    const { socket } = await outcome(dialer(), { host: '127.0.0.1', port: origin.port, family: 4 })
    await expect.poll(() => origin.connections.length).toBe(1)
    origin.connections[0]?.end('hello')
    await new Promise((resolve) => setTimeout(resolve, 20))
    const chunks: Buffer[] = []
    socket?.on('data', (chunk) => chunks.push(chunk))
    await expect.poll(() => Buffer.concat(chunks).toString()).toBe('hello')
    expect(socket?.writable).toBe(true)
  })

  test('comes with its address and what the steps took', async () => {
    const origin = await listen('127.0.0.1')
    let clock = 0
    const now = () => clock++
    const literal = await outcome(dialer({ now }), { host: '127.0.0.1', port: origin.port, family: 4 })
    expect(literal.timing).toEqual({ ip: '127.0.0.1', cnames: [], dnsMs: null, connectMs: 1 })
    const named = await outcome(dialer({ now, resolver: answering(['127.0.0.1']) }), { port: origin.port })
    expect(named.timing).toEqual({ ip: '127.0.0.1', cnames: [], dnsMs: 1, connectMs: 1 })
  })
})

describe('what is dialled', () => {
  test('only addresses the guard permits, however many it refuses', async () => {
    const origin = await listen('127.0.0.1')
    const canary = await listen('127.0.0.2', origin.port)
    const guard = createEgressGuard({ allow: ['127.0.0.1'], deny: [] })
    const resolver = answering(['127.0.0.2', '10.0.0.1', '::ffff:127.0.0.2', '127.0.0.1', '169.254.169.254'])
    const { error, timing } = await outcome(dialer({ guard, resolver }), { port: origin.port })
    expect([error, timing.ip]).toEqual([null, '127.0.0.1'])
    await expect.poll(() => origin.connections.length).toBe(1)
    expect(canary.connections).toEqual([])
  })

  test('nothing where the guard refuses all of them', async () => {
    const canary = await listen('127.0.0.1')
    const guard = createEgressGuard({ allow: [], deny: [] })
    const named = await outcome(dialer({ guard, resolver: answering(['10.0.0.1', '127.0.0.1']) }), {
      port: canary.port,
    })
    expect(named).toMatchObject({
      error: 'VG_ADDRESS_PROHIBITED private',
      socket: null,
      timing: { ip: null, connectMs: null },
    })
    const literal = await outcome(dialer({ guard }), { host: '127.0.0.1', port: canary.port, family: 4 })
    expect(literal).toMatchObject({ error: 'VG_ADDRESS_PROHIBITED loopback', timing: { ip: null, dnsMs: null } })
    expect(canary.connections).toEqual([])
  })

  test('the address that was judged, whatever the name answers next', async () => {
    const origin = await listen('127.0.0.5')
    const canary = await listen('127.0.0.1', origin.port)
    const zone: DnsZone = {
      'rebind.test': { A: (asked) => ({ addresses: [asked === 0 ? '127.0.0.5' : '127.0.0.1'], ttl: 0 }) },
    }
    const dns = await startDnsServer(zone)
    let clock = 0
    const resolver = askingServer(dns.address, { now: () => clock })
    closing.push(
      () => dns.close(),
      () => resolver.close(),
    )
    // 127.0.0.5 stands for the public address
    const dial = dialer({ resolver, guard: createEgressGuard({ allow: ['127.0.0.5'], deny: [] }) })

    const first = await outcome(dial, { host: 'rebind.test', port: origin.port })
    expect([first.error, first.timing.ip]).toEqual([null, '127.0.0.5'])
    expect(dns.questions.filter((question) => question === 'A rebind.test')).toHaveLength(1)
    clock = 60_000
    const second = await outcome(dial, { host: 'rebind.test', port: origin.port })
    expect(second.error).toBe('VG_ADDRESS_PROHIBITED loopback')
    await expect.poll(() => origin.connections.length).toBe(1)
    expect(canary.connections).toEqual([])
  })

  test('never an own listener, which is told apart before the guard', async () => {
    const canary = await listen('127.0.0.1')
    const isOwn = createOwnListeners([{ address: '127.0.0.1', port: canary.port }], [])
    const guard = createEgressGuard({ allow: [], deny: ['0.0.0.0/0'] })
    const loop = `VG_PROXY_LOOP a.test:${canary.port}`
    for (const addresses of [['127.0.0.1'], ['192.0.2.1', '127.0.0.1'], ['::ffff:127.0.0.1'], ['0.0.0.0']]) {
      const dial = dialer({ isOwn, guard, resolver: answering(addresses) })
      expect((await outcome(dial, { port: canary.port })).error).toBe(loop)
    }
    const literal = await outcome(dialer({ isOwn, guard }), { host: '127.0.0.1', port: canary.port, family: 4 })
    expect(literal.error).toBe(`VG_PROXY_LOOP 127.0.0.1:${canary.port}`)
    expect(canary.connections).toEqual([])
  })

  test("nothing that the caller's address rules refuse, asked about every answer before the guard", async () => {
    const canary = await listen('127.0.0.1')
    const asked: (readonly string[])[] = []
    const blocked = new ProxyError('VG_REQUEST_BLOCKED', 'a.rules:1')
    const admit = (addresses: readonly string[]) => {
      asked.push(addresses)
      return blocked
    }
    const dial = dialer({ resolver: answering(['127.0.0.1', '10.0.0.1']) })
    expect((await outcome(dial, { port: canary.port, admit })).error).toBe('VG_REQUEST_BLOCKED a.rules:1')
    expect((await outcome(dial, { host: '10.0.0.1', port: canary.port, family: 4, admit })).error).toMatch(/BLOCKED/)
    expect(asked).toEqual([['127.0.0.1', '10.0.0.1'], ['10.0.0.1']])
    expect(canary.connections).toEqual([])

    const admitted = await outcome(dial, { port: canary.port, admit: () => undefined })
    expect(admitted.error).toBeNull()
  })
})

describe('the race', () => {
  test('goes on at once where an address refuses', async () => {
    const origin = await listen('127.0.0.9')
    const resolver = answering(['127.0.0.6', '127.0.0.7', '127.0.0.8', '127.0.0.9'])
    const { error, timing } = await outcome(dialer({ resolver }), { port: origin.port })
    expect([error, timing.ip]).toEqual([null, '127.0.0.9'])
  })

  test('ends with the first connection, however many attempts failed before', async () => {
    const origin = await listen('127.0.0.9')
    const canary = await listen('127.0.0.10', origin.port)
    const resolver = answering(['127.0.0.6', '127.0.0.9', '127.0.0.10'])
    expect((await outcome(dialer({ resolver }), { port: origin.port })).timing.ip).toBe('127.0.0.9')
    // longer than the delay between two attempts
    await new Promise((resolve) => setTimeout(resolve, 350))
    expect(canary.connections).toEqual([])
  })

  test('starts the next attempt while the first hangs, and leaves no loser behind', async () => {
    const origin = await listen('127.0.0.4')
    const silent = await startSilentListener('127.0.0.3', origin.port)
    closing.push(() => silent.close())
    const before = openHandles()
    const { error, socket, timing } = await outcome(dialer({ resolver: answering(['127.0.0.3', '127.0.0.4']) }), {
      port: origin.port,
    })
    expect([error, timing.ip]).toEqual([null, '127.0.0.4'])
    await expect.poll(() => origin.connections.length).toBe(1)
    socket?.destroy()
    origin.connections[0]?.destroy()
    // `expect.poll` would hold a timer of its own
    await eventually(() => openHandles() <= before)
  })

  test('takes IPv6 first and the families in turn', async () => {
    const tried: string[] = []
    const guard = {
      check(ip: string) {
        tried.push(ip)
        return undefined
      },
    }
    const addresses = ['127.0.0.1', '127.0.0.2', '::1', '127.0.0.3', '::2', '::3', '::4']
    const cancel = dialer({ guard, resolver: answering(addresses) })({ host: 'a.test', port: 9, family: 0 }, () => {})
    cancel()
    expect(tried).toEqual(['::1', '127.0.0.1', '::2', '127.0.0.2', '::3', '127.0.0.3', '::4'])
  })

  test('one silent address times out, and so does a name whose other addresses refuse', async () => {
    const port = await closedPort()
    const silent = await startSilentListener('127.0.0.3', port)
    closing.push(() => silent.close())
    const dial = dialer({
      limits: { ...DEFAULT_CONFIG.limits, connectTimeoutMs: 400 },
      resolver: answering(['127.0.0.3', '127.0.0.1']),
    })
    const literal = await outcome(dial, { host: '127.0.0.3', port, family: 4 })
    expect(literal).toMatchObject({ error: 'VG_ORIGIN_CONNECT_TIMEOUT', timing: { ip: '127.0.0.3' } })
    expect((await outcome(dial, { port })).error).toBe('VG_ORIGIN_CONNECT_TIMEOUT')
  })

  test('reports the failure that says most', async () => {
    const port = await closedPort()
    // TCP to a multicast address fails inside the kernel, whatever the routes
    const guard = createEgressGuard({ allow: ['0.0.0.0/0'], deny: [] })
    for (const addresses of [['127.0.0.1'], ['127.0.0.1', '224.0.0.1'], ['224.0.0.1', '127.0.0.1']]) {
      const { error } = await outcome(dialer({ guard, resolver: answering(addresses) }), { port })
      expect([addresses, error]).toEqual([addresses, 'VG_ORIGIN_REFUSED ECONNREFUSED'])
    }
    const unroutable = await outcome(dialer({ guard }), { host: '224.0.0.1', port, family: 4 })
    expect(unroutable.error).toMatch(/^VG_ORIGIN_UNROUTABLE /)
  })
})

describe('a dial without addresses', () => {
  describe('more than pendingDialsPerOrigin at a time', () => {
    /** Lookups that the test answers. */
    function setUp(limits = {}) {
      const counts = createCounts()
      const asked = new Map<LookupDone, string>()
      const resolver = {
        lookup(host: string, done: LookupDone) {
          asked.set(done, host)
          return () => void asked.delete(done)
        },
      }
      const dial = dialer({
        resolver,
        counts,
        limits: { ...DEFAULT_CONFIG.limits, pendingDialsPerOrigin: 2, ...limits },
      })
      const answerOne = () => {
        const [done] = asked.keys()
        if (done === undefined) throw new Error('nobody asks')
        asked.delete(done)
        done(new ProxyError('VG_DNS_ERROR', 'NXDOMAIN'), [], [])
      }
      return { counts, asked, dial, answerOne }
    }

    test('wait for one of them to end, for this origin alone', async () => {
      const { counts, asked, dial, answerOne } = setUp()
      const dialled = [1, 2, 3, 4].map(() => outcome(dial, { port: 80 }))
      const others = [outcome(dial, { port: 81 }), outcome(dial, { host: 'b.test', port: 80 })]
      expect([...asked.values()]).toEqual(['a.test', 'a.test', 'a.test', 'b.test'])
      expect(counts.limits.pendingDialsPerOrigin).toBe(2)
      for (let left = 6; left > 0; left--) {
        await waitFor(() => expect(asked.size).toBe(Math.min(left, 4)))
        answerOne()
      }
      for (const one of [...dialled, ...others]) expect((await one).error).toBe('VG_DNS_ERROR NXDOMAIN')
    })

    test('are refused when they have waited for the whole time', async () => {
      const { dial } = setUp({ connectTimeoutMs: 50 })
      const [first, second] = [outcome(dial, { port: 80 }), outcome(dial, { port: 80 })]
      expect((await outcome(dial, { port: 80 })).error).toBe('VG_DIAL_LIMIT')
      expect([(await first).error, (await second).error]).toEqual(['VG_DNS_TIMEOUT', 'VG_DNS_TIMEOUT'])
    })

    test('leave the line when they are cancelled, also between their turn and their start', async () => {
      const { asked, dial, answerOne } = setUp()
      const kept = [outcome(dial, { port: 80 }), outcome(dial, { port: 80 })]
      const cancelled = [1, 2].map(() => dial({ host: 'a.test', port: 80, family: 0 }, () => expect.unreachable()))
      const last = outcome(dial, { port: 80 })
      cancelled[0]?.()
      answerOne()
      cancelled[1]?.()
      await waitFor(() => expect(asked.size).toBe(2))
      answerOne()
      answerOne()
      for (const one of [...kept, last]) expect((await one).error).toBe('VG_DNS_ERROR NXDOMAIN')
    })

    test('that all fail at once do not run one within the other', async () => {
      const resolver = {
        lookup(_host: string, done: LookupDone) {
          const timer = setImmediate(() => done(new ProxyError('VG_DNS_ERROR', 'NXDOMAIN'), [], []))
          return () => clearImmediate(timer)
        },
      }
      const dial = dialer({ resolver, limits: { ...DEFAULT_CONFIG.limits, pendingDialsPerOrigin: 1 } })
      const all = Array.from({ length: 20_000 }, () => outcome(dial, { port: 80 }))
      expect(new Set((await Promise.all(all)).map(({ error }) => error))).toEqual(new Set(['VG_DNS_ERROR NXDOMAIN']))
    })
  })

  test('dials nobody while descriptors are exhausted, and counts the sockets that it opens until they close', async () => {
    const origin = await listen('127.0.0.1')
    const descriptors = createDescriptors({ limit: 100, base: 80, onShort: () => {} })
    const dial = dialer({ descriptors })
    const target = { host: '127.0.0.1', port: origin.port, family: 4 } as const
    const { socket } = await outcome(dial, target)
    expect(descriptors.sockets).toBe(1)
    expect(socket?.writableHighWaterMark).toBe(DEFAULT_CONFIG.limits.bufferBytes)
    descriptors.sockets = 4
    expect((await outcome(dial, target)).error).toBe('VG_CONNECTION_LIMIT')
    socket?.destroy()
    await waitFor(() => expect(descriptors.sockets).toBe(3))
    expect((await outcome(dial, target)).error).toBeNull()
  })

  test('fails as the resolver says', async () => {
    const dial = dialer({ resolver: answering(new ProxyError('VG_DNS_ERROR', 'NXDOMAIN')) })
    expect(await outcome(dial, { port: 80 })).toMatchObject({
      error: 'VG_DNS_ERROR NXDOMAIN',
      socket: null,
      timing: { ip: null, connectMs: null },
    })
  })

  test('times out as DNS when the whole time went there, and cancels the lookup', async () => {
    let cancelled = 0
    const resolver = {
      lookup: () => () => {
        cancelled++
      },
    }
    expect(
      (await outcome(dialer({ resolver, limits: { ...DEFAULT_CONFIG.limits, connectTimeoutMs: 30 } }), { port: 80 }))
        .error,
    ).toBe('VG_DNS_TIMEOUT')
    expect(cancelled).toBe(1)
  })
})

describe('cancelling', () => {
  test('during the lookup cancels that too', () => {
    const before = openHandles()
    let cancelled = 0
    const resolver = {
      lookup: () => () => {
        cancelled++
      },
    }
    const cancel = dialer({ resolver })({ host: 'a.test', port: 80, family: 0 }, () => expect.unreachable())
    expect(openHandles()).toBe(before + 1)
    cancel()
    expect(cancelled).toBe(1)
    expect(openHandles()).toBe(before)
  })

  test('at any moment leaves no socket, timer or call behind', async () => {
    const origin = await listen('127.0.0.1')
    const port = await closedPort()
    const before = openHandles()
    let callsAfterCancel = 0
    const dial = dialer({ resolver: answering(['127.0.0.1', '127.0.0.2', '127.0.0.3']) })
    for (let i = 0; i < 300; i++) {
      let isCancelled = false
      const cancelDial = dial(
        { host: 'a.test', port: i % 2 === 0 ? origin.port : port, family: 0 },
        (_error, socket) => {
          if (isCancelled) callsAfterCancel++
          socket?.destroy()
        },
      )
      const cancel = () => {
        isCancelled = true
        cancelDial()
      }
      if (i % 3 === 0) cancel()
      else if (i % 3 === 1) setImmediate(cancel)
      else process.nextTick(cancel)
      if (i % 50 === 0) await new Promise(setImmediate)
    }
    await new Promise((resolve) => setTimeout(resolve, 50))
    // on a busy machine some connections are accepted long after they were given up
    const handlesLeft = () => {
      for (const socket of origin.connections) socket.destroy()
      return openHandles()
    }
    await expect.poll(handlesLeft).toBeLessThanOrEqual(before)
    expect(callsAfterCancel).toBe(0)
  })

  test('in the turn in which an attempt fails does not throw', async () => {
    const port = await closedPort()
    const dial = dialer({ guard: createEgressGuard({ allow: ['0.0.0.0/0'], deny: [] }) })
    for (const host of ['127.0.0.1', '224.0.0.1']) {
      for (const delay of [process.nextTick, setImmediate, queueMicrotask]) {
        const cancel = dial({ host, port, family: 4 }, () => {})
        await new Promise<void>((resolve) => {
          delay(() => {
            cancel()
            resolve()
          })
        })
      }
    }
    await new Promise((resolve) => setTimeout(resolve, 20))
  })

  test('after the dial ended does nothing', async () => {
    const origin = await listen('127.0.0.1')
    let cancel = () => {}
    const socket = await new Promise<Socket | null>((resolve) => {
      cancel = dialer()({ host: '127.0.0.1', port: origin.port, family: 4 }, (_error, connected) => resolve(connected))
    })
    closing.push(() => socket?.destroy())
    cancel()
    expect(socket?.destroyed).toBe(false)

    let calls = 0
    const cancelRefused = dialer()({ host: '10.0.0.1', port: 80, family: 4 }, () => {
      calls++
    })
    cancelRefused()
    expect(calls).toBe(1)
  })
})

describe('egress addresses', () => {
  const open = createEgressGuard({ allow: ['127.0.0.0/8', '::1'], deny: [] })
  const from = async (dial: Dial, request: Partial<DialRequest> & { port: number }) => {
    const { error, socket } = await outcome(dial, { host: '127.0.0.1', family: 4, ...request })
    return error ?? socket?.localAddress
  }

  test('take turns, and what the origin sees is what was chosen', async () => {
    const origin = await listen('127.0.0.1')
    const dial = dialer({ guard: open, egressAddresses: createEgressAddresses(['127.0.0.20/31', '127.0.0.30']) })
    const seen: unknown[] = []
    for (let i = 0; i < 4; i++) seen.push(await from(dial, { port: origin.port }))
    expect(seen).toEqual(['127.0.0.20', '127.0.0.21', '127.0.0.30', '127.0.0.20'])
    await expect.poll(() => origin.connections.map(({ remoteAddress }) => remoteAddress)).toEqual(seen)
  })

  test('the same number gives the same address and moves nobody else’s turn', async () => {
    const origin = await listen('127.0.0.1')
    const dial = dialer({ guard: open, egressAddresses: createEgressAddresses(['127.0.0.20/31']) })
    const bound = { port: origin.port, egressIndex: 7n }
    expect([await from(dial, bound), await from(dial, { port: origin.port }), await from(dial, bound)]).toEqual([
      '127.0.0.21',
      '127.0.0.20',
      '127.0.0.21',
    ])
  })

  test('an address that is not this machine’s fails clearly and falls back on no other', async () => {
    const origin = await listen('127.0.0.1')
    // documentation addresses (RFC 5737) are nobody's
    const dial = dialer({ guard: open, egressAddresses: createEgressAddresses(['192.0.2.77', '127.0.0.20']) })
    expect(await from(dial, { port: origin.port })).toBe('VG_EGRESS_ADDRESS 192.0.2.77 (EADDRNOTAVAIL)')
    expect(await from(dial, { port: origin.port })).toBe('127.0.0.20')
    expect(origin.connections).toHaveLength(1)
  })

  test('a family without an address is not dialled; the other one is', async () => {
    const origin = await listen('127.0.0.1')
    const dial = dialer({
      guard: open,
      resolver: answering(['::1', '127.0.0.1']),
      egressAddresses: createEgressAddresses(['127.0.0.20']),
    })
    const { error, socket, timing } = await outcome(dial, { port: origin.port })
    expect([error, timing.ip, socket?.localAddress]).toEqual([null, '127.0.0.1', '127.0.0.20'])
    const six = await outcome(dial, { host: '::1', family: 6, port: origin.port })
    expect(six).toMatchObject({ error: 'VG_EGRESS_ADDRESS egress.addresses has none of IPv6', timing: { ip: null } })
  })

  test('an address that cannot be used is told before an origin that refused', async () => {
    const port = await closedPort()
    const dial = dialer({
      guard: open,
      resolver: answering(['::1', '127.0.0.1']),
      egressAddresses: createEgressAddresses(['2001:db8::77', '127.0.0.20']),
    })
    expect((await outcome(dial, { port })).error).toMatch(/^VG_EGRESS_ADDRESS 2001:db8:/)
  })
})
