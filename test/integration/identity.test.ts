import { Agent, get } from 'node:http'
import { describe, expect, test } from 'vitest'
import type { ProxyOptions } from '../../src/app.js'
import type { Isolation, UpstreamSettings } from '../../src/policy/upstream-settings.js'
import { startDohServer } from '../helpers/doh-server.js'
import { answering, ok, type RawOrigin, startRawOrigin } from '../helpers/raw-origin.js'
import { type RecordingParent, startRecordingParent } from '../helpers/recording-parent.js'
import { connectTo } from '../helpers/requests.js'
import { startTestProxy, type TestProxy } from '../helpers/test-proxy.js'
import { makeCertificate } from '../helpers/tls-certificate.js'

const NAMES = Object.fromEntries(
  ['www.a.test', 'cdn.a.test', 'www.b.test', 'x.onion', 'y.x.onion'].map((name) => [name, '127.0.0.1']),
)

/** A SOCKS parent that takes any user, an origin behind it, and a proxy that goes through. */
async function isolated(isolate: Isolation, more: Partial<UpstreamSettings> = {}) {
  const parent = await startRecordingParent({ takesAnybody: true, names: NAMES })
  const origin = await startRawOrigin(answering((_line, index) => ok(`${index}`)))
  const up = { hops: [`socks5h://127.0.0.1:${parent.port}`], tor: false, isolate, ...more } as UpstreamSettings
  const proxy = await startTestProxy({ upstreams: { up }, route: [{ match: ['*'], via: 'up', anonymous: true }] })
  return { parent, origin, proxy, ask: asker(proxy, origin) }
}

/** A GET from an address of loopback, each on a connection of its own. */
function asker({ port }: Pick<TestProxy, 'port'>, origin: Pick<RawOrigin, 'port'>) {
  return (host: string, from = '127.0.0.1'): Promise<number> =>
    new Promise((resolve, reject) => {
      const authority = `${host}:${origin.port}`
      const [path, headers] = [`http://${authority}/`, { Host: authority }]
      get({ host: '127.0.0.1', port, localAddress: from, agent: new Agent(), path, headers }, (answer) => {
        answer.resume().on('end', () => resolve(answer.statusCode ?? 0))
      }).on('error', reject)
    })
}

const shown = ({ asked }: RecordingParent): string[] => asked.map(({ credentials }) => credentials)
const users = (parent: RecordingParent): string[] => shown(parent).map((credentials) => credentials.split(':')[0] ?? '')

describe('isolate', () => {
  test('site: two sites are two users, and all hosts of a site are one', async () => {
    const { parent, ask, proxy, origin } = await isolated('site')
    for (const host of ['www.a.test', 'cdn.a.test', 'www.b.test']) expect(await ask(host)).toBe(200)
    const tunnel = await proxy.connect()
    await tunnel.write(connectTo(`www.a.test:${origin.port}`))
    expect((await tunnel.readHead()).startLine).toContain('200')
    const [a, sameSite, b, tunnelled] = users(parent)
    expect([sameSite, tunnelled]).toEqual([a, a])
    expect(b).not.toBe(a)
    expect(a).toMatch(/^[\da-f]{32}$/)
  })

  test('site: a kept connection serves all clients of the site', async () => {
    const { parent, ask } = await isolated('site')
    await ask('www.a.test')
    await ask('www.a.test', '127.0.0.2')
    expect(parent.asked).toHaveLength(1)
  })

  test.each(['client', 'user', 'site+client'] as const)(
    '%s: another client is another user, on another connection',
    async (isolate) => {
      const { parent, ask } = await isolated(isolate)
      await ask('www.a.test')
      await ask('www.a.test', '127.0.0.2')
      await ask('www.a.test')
      await ask('www.b.test')
      const [one, other, oneElsewhere, ...more] = users(parent)
      expect(more).toEqual([])
      expect(other).not.toBe(one)
      expect(oneElsewhere === one).toBe(isolate !== 'site+client')
    },
  )

  test('an upstream into Tor gets the user that Tor documents, and onion hosts are apart', async () => {
    const { parent, ask } = await isolated('site', { tor: true })
    for (const host of ['x.onion', 'y.x.onion', 'www.a.test', 'cdn.a.test']) expect(await ask(host)).toBe(200)
    expect(new Set(users(parent))).toEqual(new Set(['<torS0X>0']))
    const [x, y, a, sameSite] = shown(parent)
    expect(new Set([x, y, a]).size).toBe(3)
    expect(sameSite).toBe(a)
  })

  test('two upstreams are told nothing by which they could find out that it was the same site', async () => {
    const parent = await startRecordingParent({ takesAnybody: true, names: NAMES })
    const origin = await startRawOrigin(answering(() => ok('o', 'Connection: close\r\n')))
    const up: UpstreamSettings = { hops: [`socks5h://127.0.0.1:${parent.port}`], tor: false, isolate: 'site' }
    const proxy = await startTestProxy({
      upstreams: {
        one: up,
        two: up,
        out: { group: 'round-robin', members: ['one', 'two'], by: 'client', lifetimeMs: 1 },
      },
      route: [{ match: ['*'], via: 'out', anonymous: true }],
    })
    const ask = asker(proxy, origin)
    for (let i = 0; i < 4; i++) await ask('www.a.test')
    const [one, two, ...again] = shown(parent)
    expect(one).not.toBe(two)
    expect(again).toEqual([one, two])
  })

  test('a parent that takes no user and password is not used without', async () => {
    const parent = await startRecordingParent({ names: NAMES })
    const origin = await startRawOrigin(answering(() => ok('no')))
    const proxy = await startTestProxy({
      upstreams: { up: { hops: [`socks5h://127.0.0.1:${parent.port}`], tor: false, isolate: 'site' } },
      route: [{ match: ['*'], via: 'up', anonymous: true }],
    })
    expect(await asker(proxy, origin)('www.a.test')).toBe(502)
    expect([parent.asked, origin.peers.length]).toEqual([[], 0])
  })

  test('what is derived is in no record and no message', async () => {
    const { parent, ask, proxy } = await isolated('site+client')
    await ask('www.a.test')
    await proxy.proxy.newIdentity()
    await ask('www.a.test')
    parent.close()
    await proxy.proxy.newIdentity()
    expect(await ask('www.a.test')).toBe(503)
    const told = JSON.stringify([await proxy.record(2), proxy.records, proxy.messages, await proxy.proxy.upstreams()])
    for (const secret of shown(parent).flatMap((credentials) => credentials.split(':'))) {
      expect(secret).not.toBe('')
      expect(told).not.toContain(secret)
    }
  })
})

describe('a new identity', () => {
  test('is another user, and no connection of the one before is used again', async () => {
    const { parent, ask, proxy } = await isolated('site')
    await ask('www.a.test')
    await ask('www.b.test')
    expect(await proxy.proxy.newIdentity({ site: 'cdn.A.test' })).toEqual({ site: 'a.test', generation: 1 })
    await ask('www.a.test')
    await ask('www.b.test')
    expect(await proxy.proxy.newIdentity()).toEqual({ site: null, generation: 2 })
    await ask('www.a.test')
    await ask('www.b.test')
    const byHost = (host: string) => shown({ ...parent, asked: parent.asked.filter((asked) => asked.host === host) })
    const a = byHost('www.a.test')
    const b = byHost('www.b.test')
    expect([a.length, new Set(a).size]).toEqual([3, 3])
    // b kept its identity, though its idle connection was closed with the others
    expect([b.length, new Set(b).size, b[0]]).toEqual([3, 2, b[1]])
  })

  test('while an exchange is under way: its connection serves no other one', async () => {
    const parent = await startRecordingParent({ takesAnybody: true, names: NAMES })
    let release = () => {}
    const held = new Promise<void>((resolve) => {
      release = resolve
    })
    const origin = await startRawOrigin(async (peer) => {
      for (;;) {
        await peer.readRequest()
        await held
        await peer.write(ok('o'))
      }
    })
    const proxy = await startTestProxy({
      upstreams: { up: { hops: [`socks5h://127.0.0.1:${parent.port}`], tor: false, isolate: 'site' } },
      route: [{ match: ['*'], via: 'up', anonymous: true }],
    })
    const ask = asker(proxy, origin)
    const first = ask('www.a.test')
    await expect.poll(() => parent.asked.length).toBe(1)
    await proxy.proxy.newIdentity({ site: 'a.test' })
    release()
    expect(await first).toBe(200)
    expect(await ask('www.a.test')).toBe(200)
    expect(new Set(shown(parent)).size).toBe(2)
  })

  test('while a request waits on a kept connection that then dies: it is sent again under the identity it has', async () => {
    const parent = await startRecordingParent({ takesAnybody: true, names: NAMES })
    const origin = await startRawOrigin(async (peer, index) => {
      await peer.readRequest()
      await peer.write(ok('o'))
      await peer.readRequest()
      if (index > 0) return await peer.write(ok('o'))
      await proxy.proxy.newIdentity()
      peer.close()
    })
    const proxy = await startTestProxy({
      upstreams: { up: { hops: [`socks5h://127.0.0.1:${parent.port}`], tor: false, isolate: 'site' } },
      route: [{ match: ['*'], via: 'up', anonymous: true }],
    })
    const ask = asker(proxy, origin)
    for (let i = 0; i < 3; i++) expect(await ask('www.a.test')).toBe(200)
    const [before, sentAgain, after, ...more] = shown(parent)
    expect(sentAgain).toBe(before)
    // the connection that it made is of the old identity
    expect(after).not.toBe(before)
    expect(more).toEqual([])
  })

  test('a reload keeps those that are in force', async () => {
    const { parent, ask, proxy, origin } = await isolated('site')
    await proxy.proxy.newIdentity()
    await ask('www.a.test')
    const up: UpstreamSettings = { hops: [`socks5h://127.0.0.1:${parent.port}`], tor: false, isolate: 'site' }
    const next: ProxyOptions = {
      listen: ['http://127.0.0.1:0'],
      upstreams: { up },
      route: [{ match: ['*'], via: 'up', anonymous: true }],
      egress: { httpPorts: [[origin.port, origin.port]] },
    }
    await proxy.proxy.reload(next)
    await ask('www.a.test')
    expect([shown(parent).length, new Set(shown(parent)).size]).toEqual([2, 1])
  })

  test('is refused where nothing is isolated, and for what is no host', async () => {
    const { proxy } = await startTestProxy()
    await expect(proxy.newIdentity()).rejects.toThrow('nothing is isolated')
    const other = await isolated('site')
    for (const site of ['', 'a b', 'http://a.test/']) {
      await expect(other.proxy.proxy.newIdentity({ site })).rejects.toThrow('not a host')
    }
    expect(await other.proxy.proxy.newIdentity({ site: '2001:DB8::1' })).toMatchObject({ site: '2001:db8::1' })
  })
})

test('a direct route that isolates goes out from one address for each identity', async () => {
  const seen: string[] = []
  const origin = await startRawOrigin(async (peer) => {
    for (;;) {
      await peer.readRequest()
      seen.push(peer.socket.remoteAddress ?? '')
      await peer.write(ok('o'))
    }
  })
  const proxy = await startTestProxy({
    route: [{ match: ['*'], via: 'direct', anonymous: false, isolate: 'client' }],
    egress: { addresses: ['127.0.64.0/18'] },
  })
  const ask = asker(proxy, origin)
  const clients = ['127.0.0.1', '127.0.0.2', '127.0.0.1', '127.0.0.2']
  for (const from of clients) await ask('127.0.0.1', from)
  const tunnel = await proxy.connect()
  await tunnel.write(connectTo(`127.0.0.1:${origin.port}`))
  expect((await tunnel.readHead()).startLine).toContain('200')
  await tunnel.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n')
  await tunnel.readResponse()
  await proxy.proxy.newIdentity()
  await ask('127.0.0.1', '127.0.0.1')
  const [one, other, oneAgain, otherAgain, tunnelled, renewed] = seen
  expect([oneAgain, otherAgain, tunnelled]).toEqual([one, other, one])
  expect(new Set([one, other, renewed]).size).toBe(3)
  expect(seen.every((ip) => ip.startsWith('127.0.'))).toBe(true)
})

test.each(['direct', 'up'])(
  'by %s, names that are looked up here over HTTPS are asked on a connection for each identity',
  async (via) => {
    const certificate = makeCertificate()
    const service = await startDohServer({ certificate, answer: () => ({ addresses: ['127.0.0.1'] }) })
    const parent = await startRecordingParent({ takesAnybody: true })
    const origin = await startRawOrigin(answering(ok('o')))
    const isDirect = via === 'direct'
    const proxy = await startTestProxy({
      upstreams: { up: { hops: [`socks5://127.0.0.1:${parent.port}`], tor: false, isolate: 'site' } },
      route: [{ match: ['*'], via, anonymous: false, ...(isDirect && { isolate: 'site' }) }],
      egress: {
        addresses: ['127.0.64.0/18'],
        dns: { mode: 'doh', doh: { url: service.url, bootstrap: ['127.0.0.1'], ca: certificate.file } },
      },
    })
    const ask = asker(proxy, origin)
    for (const host of ['www.a.test', 'www.b.test', 'cdn.a.test']) expect(await ask(host)).toBe(200)
    const from = (host: string) =>
      new Set(service.queries.flatMap((query) => (query.question.endsWith(` ${host}`) ? query.from : [])))
    expect(service.connections.made).toBe(2)
    expect(from('cdn.a.test')).toEqual(from('www.a.test'))
    expect(from('www.b.test')).not.toEqual(from('www.a.test'))
    await proxy.proxy.newIdentity()
    expect(await ask('img.a.test')).toBe(200)
    expect(service.connections.made).toBe(3)
  },
)

test('each identity passes for one browser, whatever its clients are, and a new one for one of its own', async () => {
  const heads: string[] = []
  const parent = await startRecordingParent({ takesAnybody: true })
  const origin = await startRawOrigin(async (peer) => {
    for (;;) {
      heads.push(await peer.readPast('\r\n\r\n'))
      await peer.write(ok('o'))
    }
  })
  const proxy = await startTestProxy({
    upstreams: { up: { hops: [`socks5h://127.0.0.1:${parent.port}`], tor: false, isolate: 'client' } },
    route: [{ match: ['*'], via: 'up', anonymous: true }],
    headers: { profile: 'strict' },
  })
  const agents = ['curl/8.14.1', 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0']
  const browsersOf = async (from: string): Promise<string> => {
    heads.length = 0
    for (const agent of agents) {
      const headers = { Host: origin.authority, 'User-Agent': agent, 'Accept-Language': 'de-CH' }
      await new Promise((resolve, reject) => {
        const path = `http://${origin.authority}/`
        get({ host: '127.0.0.1', port: proxy.port, localAddress: from, agent: new Agent(), path, headers }, (answer) =>
          answer.resume().on('end', resolve),
        ).on('error', reject)
      })
    }
    const shownBy = heads.map((head) => /User-Agent: .*\r\nAccept-Language: .*/.exec(head)?.[0])
    expect(shownBy).toEqual([expect.stringContaining('Mozilla/5.0'), shownBy[0]])
    return shownBy[0] ?? ''
  }
  const clients = Array.from({ length: 40 }, (_, i) => `127.0.0.${i + 2}`)
  const all = async () => {
    const browsers: string[] = []
    for (const client of clients) browsers.push(await browsersOf(client))
    return browsers
  }
  const before = await all()
  expect(new Set(before).size).toBeGreaterThan(1)
  expect(await all()).toEqual(before)
  await proxy.proxy.newIdentity()
  expect(await all()).not.toEqual(before)
})
