import { once } from 'node:events'
import { createServer, type Server } from 'node:net'
import { createServer as createTlsServer } from 'node:tls'
import { TRUNCATED_RESPONSE } from 'dns-packet'
import { afterEach, describe, expect, test } from 'vitest'
import { createDoh } from '../../../../src/upstream/dns/doh.js'
import { toDohServer } from '../../../../src/upstream/dns/doh-server.js'
import { createNameServers } from '../../../../src/upstream/dns/name-servers.js'
import type { DnsReply, DnsTransport } from '../../../../src/upstream/dns/transport.js'
import { startDnsServer } from '../../../helpers/dns-server.js'
import { type DohQuery, type DohScript, type DohServer, startDohServer } from '../../../helpers/doh-server.js'
import { eventually } from '../../../helpers/raw-peer.js'
import { startSilentListener } from '../../../helpers/silent-listener.js'
import { makeCertificate } from '../../../helpers/tls-certificate.js'

const certificate = makeCertificate()
const closing: (() => unknown)[] = []

afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close()
})

type Setup = {
  readonly doh: DnsTransport
  readonly server: DohServer
  readonly messages: string[]
  readonly clock: { ms: number }
}

type SetupOptions = {
  readonly bootstrap?: readonly string[]
  readonly fallback?: DnsTransport
  readonly timeoutMs?: number
}

async function setUp(answer: (query: DohQuery) => DohScript, options: SetupOptions = {}): Promise<Setup> {
  const { bootstrap = ['127.0.0.1'], fallback, timeoutMs = 15_000 } = options
  const server = await startDohServer({ certificate, answer })
  const messages: string[] = []
  const clock = { ms: 0 }
  const doh = createDoh({
    server: toDohServer(server.url, bootstrap, certificate.cert),
    timeoutMs,
    fallback,
    report: (message) => messages.push(message),
    now: () => clock.ms,
  })
  closing.push(() => doh.close())
  return { doh, server, messages, clock }
}

function ask(doh: DnsTransport, host = 'a.test', type: 'A' | 'AAAA' = 'A'): Promise<DnsReply> {
  return new Promise((resolve) => doh.query(host, type, resolve))
}

const FOUND = { addresses: ['192.0.2.1'] }

describe('DNS over HTTPS', () => {
  test('posts a padded query without an id or anything that names who asks', async () => {
    const { doh, server } = await setUp(() => ({ ...FOUND, cnames: ['edge.test'], ttl: 77 }))
    expect(await ask(doh)).toMatchObject({ addresses: ['192.0.2.1'], cnames: ['edge.test'], ttlSeconds: 77 })
    const [query] = server.queries
    expect(query?.question).toBe('A a.test')
    expect(query?.message.length).toBe(128)
    expect(query?.message.readUInt16BE(0)).toBe(0)
    const { ':path': path, ...headers } = query?.headers ?? {}
    expect(path).toBe('/dns-query')
    expect(Object.keys(headers).sort()).toEqual(
      [':authority', ':method', ':scheme', 'accept', 'content-length', 'content-type'].sort(),
    )
    expect(headers).toMatchObject({
      ':method': 'POST',
      accept: 'application/dns-message',
      'content-type': 'application/dns-message',
    })
  })

  test('asks a hundred things at once over one connection', async () => {
    const { doh, server } = await setUp(() => FOUND)
    const replies = await Promise.all(Array.from({ length: 100 }, (_, i) => ask(doh, `n${i}.test`)))
    expect(replies.every(({ addresses }) => addresses[0] === '192.0.2.1')).toBe(true)
    expect(server.queries).toHaveLength(100)
    expect(server.connections.made).toBe(1)
  })

  test('what caches on the way kept it for is taken off its TTL', async () => {
    const { doh } = await setUp(({ question }) => ({
      ...FOUND,
      ttl: 60,
      headers: { age: question.includes('old') ? '500' : '45' },
    }))
    expect((await ask(doh)).ttlSeconds).toBe(15)
    expect((await ask(doh, 'old.test')).ttlSeconds).toBe(0)
  })

  test('a name that does not exist is an answer', async () => {
    const { doh, messages } = await setUp(() => ({ rcode: 3, soa: [40, 50] }))
    expect(await ask(doh)).toMatchObject({ failure: 'NXDOMAIN', ttlSeconds: 40 })
    expect(messages).toEqual([])
  })

  test.each<[string, DohScript]>([
    ['status 503', { status: 503 }],
    ['status 302', { status: 302, headers: { location: '/elsewhere' } }],
    [
      'an answer of type text/html instead of application/dns-message',
      { type: 'text/html; charset=utf-8', body: Buffer.from('<html>') },
    ],
    ['an answer that does not fit the question', { body: Buffer.from('nonsense') }],
    ['an answer that does not fit the question', { ...FOUND, id: 4711 }],
    ['an answer that does not fit the question', { ...FOUND, question: { name: 'b.test' } }],
    ['an answer that does not fit the question', { body: Buffer.alloc(0) }],
    ['a truncated answer', { ...FOUND, flags: TRUNCATED_RESPONSE }],
    [
      'an answer over 16384 octets',
      { addresses: Array.from({ length: 10_000 }, (_, i) => `10.0.${i >> 8}.${i & 255}`) },
    ],
    ['the answer broke off', { ...FOUND, reset: 'body' }],
    ['the connection was lost', { reset: 'head' }],
    ['the connection was lost', { reset: 'connection' }],
  ])('%s fails, and nobody else is asked: %j', async (why, script) => {
    const { doh, messages, server } = await setUp(() => script)
    expect(await ask(doh)).toEqual({ addresses: [], cnames: [], ttlSeconds: 0, failure: `DNS over HTTPS: ${why}` })
    expect(messages).toEqual([
      `DNS over HTTPS: https://localhost:${server.port} fails: ${why}; names are not resolved meanwhile`,
    ])
  })

  test('one report is enough for a failure, and one when it is over', async () => {
    let status = 500
    const { doh, messages } = await setUp(() => ({ ...FOUND, status }))
    await ask(doh)
    await ask(doh)
    status = 200
    await ask(doh)
    await ask(doh)
    expect(messages.map((message) => message.replace(/^.*?localhost:\d+ /, ''))).toEqual([
      'fails: status 500; names are not resolved meanwhile',
      'answers again',
    ])
  })

  test('nobody there is a failure that says so', async () => {
    const { doh, server } = await setUp(() => FOUND)
    await server.close()
    expect((await ask(doh)).failure).toBe('DNS over HTTPS: ECONNREFUSED')
  })

  test('a certificate of an authority that is not trusted, or for another host, is refused', async () => {
    const { server } = await setUp(() => FOUND)
    for (const [url, ca, failure] of [
      [server.url, undefined, 'DEPTH_ZERO_SELF_SIGNED_CERT'],
      [server.url.replace('localhost', 'dns.test'), certificate.cert, 'ERR_TLS_CERT_ALTNAME_INVALID'],
    ] as const) {
      const settings = toDohServer(url, ['127.0.0.1'], ca)
      const doh = createDoh({ server: settings, timeoutMs: 15_000, fallback: undefined, report() {}, now: () => 0 })
      closing.push(() => doh.close())
      expect((await ask(doh)).failure).toBe(`DNS over HTTPS: ${failure}`)
    }
    expect(server.queries).toEqual([])
  })

  test('a service without HTTP/2 is refused', async () => {
    for (const ALPNProtocols of [['http/1.1'], undefined]) {
      const { key, cert } = certificate
      const old = createTlsServer({ key, cert, ...(ALPNProtocols && { ALPNProtocols }) })
      const settings = toDohServer(`https://127.0.0.1:${await portOf(old)}/`, [], cert)
      const doh = createDoh({ server: settings, timeoutMs: 15_000, fallback: undefined, report() {}, now: () => 0 })
      closing.push(() => doh.close())
      expect((await ask(doh)).failure).toMatch(/does not speak HTTP\/2|NO_APPLICATION_PROTOCOL/)
    }
  })

  test('the next address is tried where one fails or is silent', async () => {
    const { server, doh } = await setUp(() => FOUND, { bootstrap: ['127.0.0.9', '127.0.0.1'] })
    expect((await ask(doh)).addresses).toEqual(['192.0.2.1'])
    const silent = await startSilentListener('127.0.0.8', server.port)
    closing.push(() => silent.close())
    const settings = toDohServer(server.url, ['127.0.0.8', '127.0.0.1'], certificate.cert)
    const second = createDoh({ server: settings, timeoutMs: 15_000, fallback: undefined, report() {}, now: () => 0 })
    closing.push(() => second.close())
    expect((await ask(second)).addresses).toEqual(['192.0.2.1'])
  })

  test('a lost connection is made again, and what was asked on it is asked again', async () => {
    const { doh, server } = await setUp(({ question }) =>
      question === 'A cut.test' && server.queries.length === 2 ? { reset: 'connection' } : FOUND,
    )
    await ask(doh)
    expect((await ask(doh, 'cut.test')).addresses).toEqual(['192.0.2.1'])
    expect(server.queries.map(({ question }) => question)).toEqual(['A a.test', 'A cut.test', 'A cut.test'])
    expect(server.connections.made).toBe(2)
  })

  test('after the service said goodbye another connection is made', async () => {
    const { doh, server } = await setUp(() => FOUND)
    await ask(doh)
    server.sayGoodbye()
    await expect.poll(() => server.connections.open).toBe(0)
    expect((await ask(doh)).addresses).toEqual(['192.0.2.1'])
    expect(server.connections.made).toBe(2)
  })

  test('given up on a connection that says nothing, the next question goes over another', async () => {
    const { doh, server, messages } = await setUp(({ question }) => (question === 'A a.test' ? { never: true } : FOUND))
    const cancel = doh.query('a.test', 'A', () => expect.unreachable())
    await expect.poll(() => server.queries.length).toBe(1)
    cancel()
    expect((await ask(doh, 'b.test')).addresses).toEqual(['192.0.2.1'])
    expect(server.connections.made).toBe(2)
    expect(messages[0]).toContain('fails: no answer in time')
  })

  test('a slow name costs no connection on which others are answered', async () => {
    const { doh, server } = await setUp(({ question }) => (question === 'A a.test' ? { never: true } : FOUND))
    const cancel = doh.query('a.test', 'A', () => expect.unreachable())
    await ask(doh, 'b.test')
    cancel()
    await ask(doh, 'c.test')
    expect(server.connections.made).toBe(1)
  })

  test('closing answers what is under way and leaves nothing open', async () => {
    const { doh, server } = await setUp(() => ({ never: true }))
    const replies = Array.from({ length: 20 }, (_, i) => ask(doh, `n${i}.test`))
    await expect.poll(() => server.queries.length).toBe(20)
    doh.close()
    expect(new Set((await Promise.all(replies)).map(({ failure }) => failure))).toEqual(new Set(['SERVFAIL']))
    await expect.poll(() => server.connections.open).toBe(0)
    expect((await ask(doh)).failure).toBe('DNS over HTTPS: closed')
    expect(server.connections.made).toBe(1)
  })

  test('closing while it connects leaves nothing open', async () => {
    const mute = createServer((socket) => socket.on('error', () => {}))
    const settings = toDohServer(`https://127.0.0.1:${await portOf(mute)}/`, [], undefined)
    const doh = createDoh({ server: settings, timeoutMs: 15_000, fallback: undefined, report() {}, now: () => 0 })
    const before = openHandles()
    const reply = ask(doh)
    await once(mute, 'connection')
    doh.close()
    expect((await reply).failure).toBe('SERVFAIL')
    // `expect.poll` would hold a timer of its own
    await eventually(() => openHandles() <= before)
  })
})

describe('a fallback', () => {
  async function withFallback(answer: (query: DohQuery) => DohScript, timeoutMs = 15_000) {
    const dns = await startDnsServer({ 'a.test': { A: { addresses: ['198.51.100.1'] } } })
    closing.push(() => dns.close())
    const fallback = createNameServers({ servers: [dns.address], timeoutMs: 15_000, now: () => 0 })
    return { dns, ...(await setUp(answer, { fallback, timeoutMs })) }
  }

  test('is asked where the service gives no answer, and told of', async () => {
    const { doh, dns, messages } = await withFallback(() => ({ status: 500 }))
    expect((await ask(doh)).addresses).toEqual(['198.51.100.1'])
    expect(dns.questions).toEqual(['A a.test'])
    expect(messages[0]).toContain('fails: status 500; the name servers are asked instead')
  })

  test('is not asked about what the service answered', async () => {
    const { doh, dns } = await withFallback(() => ({ rcode: 2 }))
    expect((await ask(doh)).failure).toBe('SERVFAIL')
    expect(dns.questions).toEqual([])
  })

  test('gets half of the time of a service that is silent', async () => {
    const { doh } = await withFallback(() => ({ never: true }), 200)
    expect((await ask(doh)).addresses).toEqual(['198.51.100.1'])
  })

  test('is asked at once for ten seconds, then the service again', async () => {
    let isUp = false
    const { doh, server, clock } = await withFallback(() => (isUp ? FOUND : { status: 500 }))
    await ask(doh)
    isUp = true
    clock.ms = 9_999
    expect((await ask(doh)).addresses).toEqual(['198.51.100.1'])
    expect(server.queries).toHaveLength(1)
    clock.ms = 10_000
    expect((await ask(doh)).addresses).toEqual(['192.0.2.1'])
  })
})

async function portOf(server: Server): Promise<number> {
  server.on('tlsClientError', () => {})
  await once(server.listen(0, '127.0.0.1'), 'listening')
  closing.push(() => server.close())
  const address = server.address()
  return typeof address === 'object' && address !== null ? address.port : 0
}

function openHandles(): number {
  return process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout' || kind.startsWith('TCP')).length
}
