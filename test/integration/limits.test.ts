import { describe, expect, onTestFinished, test } from 'vitest'
import { startDnsServer } from '../helpers/dns-server.js'
import { answering, ok, startRawOrigin, unusedPort } from '../helpers/raw-origin.js'
import { connectRaw, eventually } from '../helpers/raw-peer.js'
import { connectTo, get } from '../helpers/requests.js'
import { startSilentListener } from '../helpers/silent-listener.js'
import { startTestProxy } from '../helpers/test-proxy.js'

const LIMITED = 'veilgate; error=connection_limit_reached'

describe('a request head', () => {
  const limits = { headBytes: 2_048, headFields: 8, uriBytes: 512 }
  const fields = (count: number) => Array.from({ length: count }, (_, i) => `X-${i}: y\r\n`).join('')

  test.each([
    ['within all limits', (url: string) => `GET ${url}/ HTTP/1.1\r\nHost: x\r\n${fields(7)}\r\n`, 200, undefined],
    [
      'over headBytes',
      (url: string) => `GET ${url}/ HTTP/1.1\r\nHost: x\r\nX: ${'y'.repeat(2_048)}\r\n\r\n`,
      431,
      'headBytes',
    ],
    ['over headFields', (url: string) => `GET ${url}/ HTTP/1.1\r\nHost: x\r\n${fields(8)}\r\n`, 431, 'headFields'],
    ['over uriBytes', (url: string) => `GET ${url}/${'p'.repeat(512)} HTTP/1.1\r\nHost: x\r\n\r\n`, 414, 'uriBytes'],
    ['over headBytes within its first line', (url: string) => `GET ${url}/${'p'.repeat(4_096)}`, 414, 'uriBytes'],
    [
      'over headBytes that never ends',
      (url: string) => `GET ${url}/ HTTP/1.1\r\nHost: x\r\nX: ${'y'.repeat(4_096)}`,
      431,
      'headBytes',
    ],
    ['of CONNECT over uriBytes', () => `CONNECT ${'h'.repeat(600)}:443 HTTP/1.1\r\nHost: x\r\n\r\n`, 414, 'uriBytes'],
    [
      'of CONNECT over headFields',
      () => `CONNECT a.test:443 HTTP/1.1\r\nHost: x\r\n${fields(8)}\r\n`,
      431,
      'headFields',
    ],
  ] as const)('%s gets %3$i', async (_what, text, status, limit) => {
    const origin = await startRawOrigin(answering(ok('x')))
    const { connect, counts } = await startTestProxy({ limits })
    const client = await connect()
    await client.write(text(origin.url))
    const response = await client.readResponse()
    expect(response.status).toBe(status)
    if (limit === undefined) return
    expect(counts.limits[limit]).toBe(1)
    expect(response.fields['proxy-status']).toMatch(/^veilgate; error=http_request_error/)
    expect(response.fields.connection).toBe('close')
    expect(await client.closed()).toBe('end')
    expect(origin.peers.length).toBe(0)
  })

  test('gets the same answer octet by octet', async () => {
    const client = await (await startTestProxy({ limits })).connect()
    await client.write(`GET http://a.test/ HTTP/1.1\r\nHost: x\r\nX: ${'y'.repeat(2_048)}\r\n\r\n`, 1)
    expect((await client.readResponse()).status).toBe(431)
  })

  test('of a response over headBytes is an error of the origin', async () => {
    const origin = await startRawOrigin(answering(ok('x', `X: ${'y'.repeat(4_000)}\r\n`)))
    const client = await (await startTestProxy({ limits })).connect()
    await client.write(`GET ${origin.url}/ HTTP/1.1\r\nHost: x\r\n\r\n`)
    const response = await client.readResponse()
    expect(response.status).toBe(502)
    expect(response.fields['proxy-status']).toMatch(/^veilgate; error=http_protocol_error/)
  })
})

describe('connections', () => {
  test('over the limit get 503 with Retry-After before they ask anything, and room comes back', async () => {
    const { connect, proxy, record, counts } = await startTestProxy({ limits: { connections: 2 } })
    const [first] = [await connect(), await connect()]
    const third = await connect()
    const refusal = await third.readResponse()
    expect(refusal.status).toBe(503)
    expect(refusal.fields['proxy-status']).toBe(LIMITED)
    expect(refusal.fields['retry-after']).toBe('1')
    expect(await third.closed()).toBe('end')
    expect((await record(0)).decision.reason).toBe('limit')
    expect(counts.limits.connections).toBe(1)
    first?.close()
    await eventually(() => proxy.connections === 1)
    const fourth = await connect()
    await fourth.write('GET http://127.0.0.1:1/ HTTP/1.1\r\nHost: x\r\n\r\n')
    expect((await fourth.readResponse()).status).toBe(502)
  })

  test('of one client over perClient get 429 with Retry-After, and room comes back', async () => {
    const { connect, proxy, counts } = await startTestProxy({ limits: { perClient: 1 } })
    const first = await connect()
    const second = await connect()
    const refusal = await second.readResponse()
    expect(refusal.status).toBe(429)
    expect(refusal.fields['proxy-status']).toBe(LIMITED)
    expect(refusal.fields['retry-after']).toBe('1')
    expect(await second.closed()).toBe('end')
    expect(counts.limits.perClient).toBe(1)
    first.close()
    await eventually(() => proxy.connections === 0)
    const third = await connect()
    await third.write('GET http://127.0.0.1:1/ HTTP/1.1\r\nHost: x\r\n\r\n')
    expect((await third.readResponse()).status).toBe(502)
  })

  test('of clients that are not in the list get 403 and are closed', async () => {
    const { connect, record } = await startTestProxy({ clients: { allow: ['192.0.2.0/24'] } })
    const client = await connect()
    await client.write('GET http://127.0.0.1:1/ HTTP/1.1\r\nHost: x\r\n\r\n')
    const refusal = await client.readResponse()
    expect(refusal.status).toBe(403)
    expect(refusal.fields['proxy-status']).toMatch(/^veilgate; error=http_request_denied/)
    expect(await client.closed()).toBe('end')
    expect(client.received).toBe('')
    expect((await record(0)).decision.reason).toBe('client')
  })

  test('that are turned away take no place from those that are served', async () => {
    const { connect, proxy, port } = await startTestProxy({ limits: { connections: 1 } })
    const served = await connect()
    const away = [await connectRaw(port), await connectRaw(port), await connectRaw(port)]
    for (const client of away) expect((await client.readResponse()).status).toBe(503)
    // those turned away are still there: they have not closed their side
    served.close()
    await eventually(() => proxy.connections === away.length)
    const next = await connect()
    await next.write('GET http://127.0.0.1:1/ HTTP/1.1\r\nHost: x\r\n\r\n')
    expect((await next.readResponse()).status).toBe(502)
    for (const client of away) client.close()
  })

  test('that are turned away and stay are closed after a while', async () => {
    const { connect, proxy } = await startTestProxy({
      clients: { allow: ['192.0.2.0/24'] },
      limits: { idleTimeoutMs: 100 },
    })
    const client = await connect()
    await client.readResponse()
    await eventually(() => proxy.connections === 0)
  })
})

describe('tunnels', () => {
  const connectTo = (authority: string) => `CONNECT ${authority} HTTP/1.1\r\nHost: x\r\n\r\n`
  const upgradeOf = (url: string) =>
    `GET ${url}/ HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n`

  test('over the limit get 503, while plain requests are served, and room comes back', async () => {
    const origin = await startRawOrigin(answering(ok('x')))
    const { connect, counts, record } = await startTestProxy({ limits: { tunnels: 1 } })
    const [first, second] = [await connect(), await connect()]
    await first.write(connectTo(origin.authority))
    await first.readHead()
    await second.write(connectTo(origin.authority))
    const refusal = await second.readResponse()
    expect([refusal.status, refusal.fields['proxy-status'], refusal.fields['retry-after']]).toEqual([503, LIMITED, '1'])
    await second.closed()
    expect((await record(0)).error).toBe('VG_TUNNEL_LIMIT')
    const third = await connect()
    await third.write(`GET ${origin.url}/ HTTP/1.1\r\nHost: x\r\n\r\n`)
    expect((await third.readResponse()).status).toBe(200)
    expect(counts.limits.tunnels).toBe(1)
    first.reset()
    await record(2)
    await third.write(connectTo(origin.authority))
    expect((await third.readHead()).status).toBe(200)
  })

  test('that are upgrades count as well, and one that the origin declines is none', async () => {
    const origin = await startRawOrigin(async (peer) => {
      for (;;) {
        await peer.readRequest()
        await peer.write(ok('no'))
      }
    })
    const { connect, counts } = await startTestProxy({ limits: { tunnelsPerClient: 1 } })
    const holder = await connect()
    await holder.write(connectTo(origin.authority))
    await holder.readHead()
    const client = await connect()
    await client.write(upgradeOf(origin.url))
    expect((await client.readResponse()).status).toBe(429)
    expect(counts.limits.tunnelsPerClient).toBe(1)
    holder.reset()
    await eventually(() => counts.errors.VG_ORIGIN_TERMINATED === 0 && counts.bytesToClient > 0)
    for (const _time of [1, 2]) {
      const next = await connect()
      await expect
        .poll(async () => {
          const asking = await connect()
          await asking.write(upgradeOf(origin.url))
          return (await asking.readResponse()).status
        })
        .toBe(200)
      next.close()
    }
  })
})

describe('a client connection', () => {
  const get = (url: string) => `GET ${url}/ HTTP/1.1\r\nHost: x\r\n\r\n`

  test('ends after requestsPerConnection, with the last answer saying so', async () => {
    const origin = await startRawOrigin(answering(ok('x')))
    const { connect, counts } = await startTestProxy({ limits: { requestsPerConnection: 2 } })
    const client = await connect()
    await client.write(get(origin.url) + get(origin.url) + get(origin.url))
    expect((await client.readResponse()).fields.connection).toBeUndefined()
    expect((await client.readResponse()).fields.connection).toBe('close')
    await client.closed()
    expect(client.received).toBe('')
    expect(counts.limits.requestsPerConnection).toBe(1)
  })

  test('takes no further request after its lifetime, and what goes on is finished', async () => {
    const origin = await startRawOrigin()
    const { connect, counts } = await startTestProxy({ limits: { connectionLifetimeMs: 1_000 } })
    const client = await connect()
    await client.write(get(origin.url))
    const peer = await origin.peer(0)
    await peer.readRequest()
    await new Promise((resolve) => setTimeout(resolve, 1_300))
    await peer.write(ok('whole'))
    expect((await client.readResponse()).body).toBe('whole')
    await client.write(get(origin.url))
    await peer.readRequest()
    await peer.write(ok('last'))
    expect((await client.readResponse()).fields.connection).toBe('close')
    await client.closed()
    expect(counts.limits.connectionLifetime).toBe(1)
  })

  test('that became a tunnel ends with its lifetime, whatever moves in it', async () => {
    const origin = await startRawOrigin()
    const { connect, counts, record } = await startTestProxy({ limits: { connectionLifetimeMs: 1_000 } })
    const client = await connect()
    await client.write(`CONNECT ${origin.authority} HTTP/1.1\r\nHost: x\r\n\r\n`)
    await client.readHead()
    while (!client.isClosed) {
      client.socket.write('x')
      await new Promise((resolve) => setTimeout(resolve, 10))
    }
    await (await origin.peer(0)).closed()
    await record(0)
    expect(counts.limits).toMatchObject({ connectionLifetime: 1, tunnelIdleTimeout: 0 })
  })
})

test('a client that sends requests ahead is held back beyond bufferBytes', async () => {
  const origin = await startRawOrigin()
  const { connect, counts } = await startTestProxy({ limits: { bufferBytes: 4_096 } })
  const client = await connect()
  await client.write(`GET ${origin.url}/ HTTP/1.1\r\nHost: x\r\n\r\n`)
  await origin.peer(0)
  client.socket.write(Buffer.alloc(50_000_000, 'GET http://a.test/ HTTP/1.1\r\nHost: x\r\n\r\n'))
  await eventually(() => counts.limits.bufferBytes > 0)
  await new Promise((resolve) => setTimeout(resolve, 100))
  expect(client.socket.writableLength).toBeGreaterThan(0)
})

test('a client that was held back while its origin was looked up is read again, however little of it goes on', async () => {
  let answerDns = () => {}
  const after = new Promise<void>((resolve) => {
    answerDns = resolve
  })
  const dns = await startDnsServer({ 'slow.test': { A: { addresses: ['127.0.0.1'], after } } })
  onTestFinished(() => dns.close())
  const origin = await startRawOrigin(answering(ok('x')))
  const { connect, counts } = await startTestProxy({
    limits: { bufferBytes: 4_096 },
    egress: { dns: { servers: [dns.address] } },
  })
  const client = await connect()
  await client.write(`POST http://slow.test:${origin.port}/ HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n`)
  // extensions are dropped (RFC 9112 §7.1.1)
  await client.write(`100;a=${'b'.repeat(200)}\r\n${'c'.repeat(256)}\r\n`.repeat(10))
  await eventually(() => counts.limits.bufferBytes > 0)
  answerDns()
  await client.write('0\r\n\r\n')
  expect((await client.readResponse()).status).toBe(200)
})

describe('what is made for requests', () => {
  test('connections to one origin over pendingDialsPerOrigin wait, get 503 when their time is up, and hold up no other', async () => {
    const silentPort = await unusedPort()
    const silent = await startSilentListener('127.0.0.1', silentPort)
    onTestFinished(() => silent.close())
    const origin = await startRawOrigin(answering(ok('x')))
    const { connect, counts } = await startTestProxy({
      limits: { pendingDialsPerOrigin: 1, connectTimeoutMs: 500 },
    })
    const asking = [await connect(), await connect()]
    for (const client of asking) await client.write(connectTo(`127.0.0.1:${silentPort}`))
    const other = await connect()
    await other.write(get(`${origin.url}/`))
    expect((await other.readResponse()).status).toBe(200)
    const statuses = await Promise.all(asking.map(async (client) => (await client.readResponse()).status))
    expect(statuses.toSorted()).toEqual([503, 504])
    expect(counts.limits.pendingDialsPerOrigin).toBe(1)
    // the time of both has run out
    expect(counts.limits.connectTimeout).toBe(2)
  })

  test('names over dnsQueries wait for their turn, get 504 when their time is up, and are asked for again later', async () => {
    let isSilent = true
    const dns = await startDnsServer({
      'one.test': { A: () => (isSilent ? { never: true } : { addresses: ['127.0.0.1'] }), AAAA: {} },
      'two.test': { A: { addresses: ['127.0.0.1'] } },
    })
    onTestFinished(() => dns.close())
    const origin = await startRawOrigin(answering(ok('x')))
    const { connect, counts } = await startTestProxy({
      limits: { dnsQueries: 1 },
      egress: { dns: { servers: [dns.address], timeoutMs: 500 } },
    })
    const [one, two] = [await connect(), await connect()]
    await one.write(get(`http://one.test:${origin.port}/`))
    await eventually(() => dns.questions.length > 0)
    await two.write(get(`http://two.test:${origin.port}/`))
    expect((await one.readResponse()).status).toBe(504)
    expect([200, 504]).toContain((await two.readResponse()).status)
    expect(counts.limits.dnsQueries).toBe(1)
    isSilent = false
    for (const client of [one, two]) {
      await client.write(get(`http://one.test:${origin.port}/`))
      expect((await client.readResponse()).status).toBe(200)
    }
  })
})
