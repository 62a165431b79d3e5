import { describe, expect, test } from 'vitest'
import { ProxyError } from '../../../src/errors.js'
import { createEgressGuard } from '../../../src/policy/egress-guard.js'
import { createAddressJudge } from '../../../src/upstream/address-judge.js'
import { createChain } from '../../../src/upstream/chain.js'
import type { Dial } from '../../../src/upstream/dial.js'
import { socketWire } from '../../../src/upstream/socket-wire.js'
import { startRawOrigin, unusedPort } from '../../helpers/raw-origin.js'
import { startRecordingParent } from '../../helpers/recording-parent.js'
import { chainOf, dialled, recordingResolver } from '../../helpers/upstream-dials.js'

// What every way has in common is in test/conformance/dialer.test.ts.

const NAME = { host: 'a.test', port: 443, family: 0 } as const

/** A way to the first hop that only writes down where it was asked to go. */
function nowhere() {
  const places: string[] = []
  const connect: Dial = ({ host, port }, done) => {
    places.push(`${host}:${port}`)
    done(new ProxyError('VG_ORIGIN_REFUSED'), null, { ip: host, cnames: [], dnsMs: null, connectMs: 1 })
    return () => {}
  }
  return { places, connect }
}

test('a chain has hops', () => {
  expect(() => createChain({ ...({} as Parameters<typeof createChain>[0]), name: 'x', hops: [] })).toThrow('has no hop')
})

describe('the target is judged before anything is connected', () => {
  test('a literal through any hop', async () => {
    for (const scheme of ['http', 'socks5h', 'socks5']) {
      const { places, connect } = nowhere()
      const { dial } = chainOf([`${scheme}://127.0.0.1:1`], { connect })
      const { error } = await dialled(dial, { host: '10.0.0.1', port: 443, family: 4 })
      expect([error?.code, places]).toEqual(['VG_ADDRESS_PROHIBITED', []])
    }
  })

  test('localhost, which every hop may take for itself, on this machine too', async () => {
    const judge = createAddressJudge({ guard: createEgressGuard({ allow: [], deny: [] }), isOwn: () => false })
    for (const scheme of ['http', 'https', 'socks4a', 'socks5h']) {
      const { places, connect } = nowhere()
      const { dial } = chainOf([`${scheme}://127.0.0.1:1`], { connect, judge })
      for (const host of ['localhost', 'a.localhost']) {
        expect((await dialled(dial, { ...NAME, host })).error?.code).toBe('VG_ADDRESS_PROHIBITED')
      }
      expect(places).toEqual([])
    }
  })

  test('a name where the last hop does not look it up, by rules and guard', async () => {
    const { places, connect } = nowhere()
    const judge = createAddressJudge({ guard: createEgressGuard({ allow: [], deny: [] }), isOwn: () => false })
    const resolver = recordingResolver({ 'a.test': ['10.0.0.1'], 'b.test': ['8.8.8.8'] })
    const { dial } = chainOf(['socks5://127.0.0.1:1'], { connect, judge, resolver })
    expect((await dialled(dial, NAME)).error?.code).toBe('VG_ADDRESS_PROHIBITED')
    const admit = () => new ProxyError('VG_REQUEST_BLOCKED', 't:1')
    expect((await dialled(dial, { ...NAME, host: 'b.test', admit })).error?.code).toBe('VG_REQUEST_BLOCKED')
    expect((await dialled(dial, { ...NAME, host: 'none.test' })).error?.code).toBe('VG_DNS_ERROR')
    expect(places).toEqual([])
  })

  test('a name is sent as it is to a hop that looks it up, and asked of nobody', async () => {
    const { places, connect } = nowhere()
    const resolver = recordingResolver()
    for (const scheme of ['http', 'https', 'socks4a', 'socks5h']) {
      await dialled(chainOf([`${scheme}://p.test:1`], { connect, resolver }).dial, NAME)
    }
    expect([places.length, resolver.asked]).toEqual([4, []])
  })
})

describe('addresses', () => {
  test('IPv4 is asked for first, and by socks4 alone', async () => {
    const origin = await startRawOrigin()
    const parent = await startRecordingParent()
    const resolver = recordingResolver({ 'two.test': ['::1', '127.0.0.1'], 'six.test': ['::1'] })
    const at = (scheme: string) => chainOf([`${scheme}://127.0.0.1:${parent.port}`], { resolver }).dial
    const request = (host: string) => ({ host, port: origin.port, family: 0 as const })
    expect((await dialled(at('socks5'), request('two.test'))).timing).toMatchObject({
      ip: '127.0.0.1',
      upstream: { ip: '127.0.0.1' },
    })
    expect((await dialled(at('socks4'), request('six.test'))).error).toMatchObject({
      code: 'VG_ORIGIN_UNROUTABLE',
      detail: 'socks4 reaches IPv4 addresses only',
    })
    expect(parent.asked.map(({ host }) => host)).toEqual(['127.0.0.1'])
  })

  test('where an upstream looked it up none is known', async () => {
    const origin = await startRawOrigin()
    const parent = await startRecordingParent({ names: { 'a.test': '127.0.0.1' } })
    const { dial } = chainOf([`socks5h://127.0.0.1:${parent.port}`])
    const { timing } = await dialled(dial, { ...NAME, port: origin.port })
    expect(timing).toMatchObject({
      ip: null,
      dnsMs: null,
      upstream: { name: 'up', ip: '127.0.0.1', parentFields: null },
    })
  })

  test('the name of the next hop is looked up for a socks5 hop, and judged by nobody', async () => {
    const origin = await startRawOrigin()
    const [first, second] = [await startRecordingParent(), await startRecordingParent()]
    const resolver = recordingResolver({ 'hop.test': ['127.0.0.1'] })
    const judge = () => {
      throw new Error('asked')
    }
    const hops = [`socks5://127.0.0.1:${first.port}`, `http://hop.test:${second.port}`]
    const { dial } = chainOf(hops, {
      resolver,
      judge: (request, addresses) => (request.family === 4 ? addresses : judge()),
    })
    expect((await dialled(dial, { host: '127.0.0.1', port: origin.port, family: 4 })).error).toBeNull()
    expect([resolver.asked, first.asked[0]?.host]).toEqual([['hop.test'], '127.0.0.1'])
  })
})

describe('an http:// request', () => {
  const request = { ...NAME, isPlainRequest: true }

  test('is handed to a last hop that speaks HTTP, with its credentials', async () => {
    const parent = await startRecordingParent()
    const { dial } = chainOf([`http://me:pw@127.0.0.1:${parent.port}`])
    const { error, timing } = await dialled(dial, request)
    expect(error).toBeNull()
    expect(timing.upstream?.parentFields).toBe(
      `Proxy-Authorization: Basic ${Buffer.from('me:pw').toString('base64')}\r\n`,
    )
    expect(parent.asked).toEqual([])
  })

  test('reaches it through the hops before', async () => {
    const last = await startRecordingParent()
    const first = await startRecordingParent()
    const { dial } = chainOf([`socks5h://127.0.0.1:${first.port}`, `http://127.0.0.1:${last.port}`])
    expect((await dialled(dial, request)).timing.upstream?.parentFields).toBe('')
    expect(first.asked).toMatchObject([{ host: '127.0.0.1', port: last.port }])
  })

  test('goes through a tunnel where the last hop speaks SOCKS', async () => {
    const origin = await startRawOrigin()
    const parent = await startRecordingParent({ names: { 'a.test': '127.0.0.1' } })
    const { dial } = chainOf([`socks5h://127.0.0.1:${parent.port}`])
    expect((await dialled(dial, { ...request, port: origin.port })).timing.upstream?.parentFields).toBeNull()
  })
})

describe('a hop that cannot be reached is the fault of the upstream', () => {
  test.each([
    ['VG_ORIGIN_REFUSED', 'it refuses connections'],
    ['VG_ORIGIN_CONNECT_TIMEOUT', 'it did not answer in time'],
    ['VG_ORIGIN_UNROUTABLE', 'there is no route to it'],
    ['VG_DNS_ERROR', 'its name does not resolve'],
  ] as const)('%s: %s', async (code, detail) => {
    const connect: Dial = (_request, done) => {
      done(new ProxyError(code), null, { ip: null, cnames: [], dnsMs: null, connectMs: null })
      return () => {}
    }
    const { error } = await dialled(chainOf(['socks5h://p.test'], { connect }).dial, NAME)
    expect(error).toMatchObject({ code: 'VG_UPSTREAM_UNAVAILABLE', detail })
  })

  test('unless it is ourselves', async () => {
    const connect: Dial = (_request, done) => {
      done(new ProxyError('VG_PROXY_LOOP'), null, { ip: null, cnames: [], dnsMs: null, connectMs: null })
      return () => {}
    }
    expect((await dialled(chainOf(['http://p.test'], { connect }).dial, NAME)).error?.code).toBe('VG_PROXY_LOOP')
  })

  test('also where the hop before it says so', async () => {
    const first = await startRecordingParent()
    const { dial } = chainOf([`socks5h://127.0.0.1:${first.port}`, `http://127.0.0.1:${await unusedPort()}`])
    expect((await dialled(dial, NAME)).error?.code).toBe('VG_UPSTREAM_UNAVAILABLE')
  })
})

test('a chain with an https hop needs a wire with TLS', async () => {
  const { secure: _, ...wire } = socketWire
  const parent = await startRecordingParent()
  expect(() => chainOf([`https://127.0.0.1:${parent.port}`], { wire })).toThrow('and this wire no TLS')
})

test('reach goes as far as the last hop and asks it for nothing', async () => {
  const [first, last] = [await startRecordingParent(), await startRecordingParent()]
  const { reach } = chainOf([`http://127.0.0.1:${first.port}`, `socks5h://127.0.0.1:${last.port}`])
  const error = await new Promise((resolve) =>
    reach(2_000, (failure, socket) => {
      socket?.on('error', () => {})
      socket?.destroy()
      resolve(failure)
    }),
  )
  expect(error).toBeNull()
  expect([first.asked.length, last.asked.length]).toEqual([1, 0])
})

test('a resolver that does not answer is told as such', async () => {
  const resolver = { lookup: () => () => {} }
  const { dial } = chainOf(['socks5://127.0.0.1:1'], { resolver, connectTimeoutMs: 20 })
  expect((await dialled(dial, NAME)).error?.code).toBe('VG_DNS_TIMEOUT')
})

test('a lookup that is answered at once does not keep a cancel from what follows', async () => {
  let cancelled = 0
  const connect: Dial = () => () => {
    cancelled++
  }
  const resolver = recordingResolver({ 'a.test': ['127.0.0.1'] })
  const dones: unknown[] = []
  const { dial } = chainOf(['socks5://127.0.0.1:1'], { connect, resolver })
  dial(NAME, (error) => dones.push(error))()
  expect([cancelled, dones]).toEqual([1, []])
})
