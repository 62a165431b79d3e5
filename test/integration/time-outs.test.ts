import { describe, expect, onTestFinished, test } from 'vitest'
import { startDnsServer } from '../helpers/dns-server.js'
import { answering, ok, startRawOrigin, unusedPort } from '../helpers/raw-origin.js'
import { eventually } from '../helpers/raw-peer.js'
import { startSilentListener } from '../helpers/silent-listener.js'
import { startTestProxy } from '../helpers/test-proxy.js'

/*
 * Every limit but the one under test stays at its default of many seconds, so
 * that an answer within the test's own time comes from that limit.
 */

/** Of a time-out that a connection must not meet before the test says so: a busy machine may stop the process for a while. */
const SHORT_MS = 500
/** Of one that must not strike between two pauses, and would within eight. */
const LONG_MS = 1_500
const pause = () => new Promise((resolve) => setTimeout(resolve, LONG_MS / 6))

describe('headTimeout', () => {
  test('ends a head that does not get complete, with 408', async () => {
    const { connect, record } = await startTestProxy({ limits: { headTimeoutMs: 100 } })
    const client = await connect()
    await client.write('GET http://a.test/ HTTP/1.1\r\nHo')
    const response = await client.readResponse()
    expect(response.status).toBe(408)
    expect(response.fields['proxy-status']).toBe('veilgate; error=http_request_error')
    expect(await client.closed()).toBe('end')
    expect((await record(0)).error).toBe('VG_HEAD_TIMEOUT')
  })

  test('is not put off by a head that drips', async () => {
    const client = await (await startTestProxy({ limits: { headTimeoutMs: 150 } })).connect()
    await client.write('GET http://a.test/ HTTP/1.1\r\n')
    const drip = setInterval(() => client.socket.write('X: y\r\n'), 20)
    onTestFinished(() => clearInterval(drip))
    expect((await client.readResponse()).status).toBe(408)
  })

  test('holds for the second request as for the first', async () => {
    const origin = await startRawOrigin(answering(ok('x')))
    const client = await (await startTestProxy({ limits: { headTimeoutMs: 100 } })).connect()
    await client.write(`GET ${origin.url}/ HTTP/1.1\r\nHost: x\r\n\r\nGET ht`)
    expect((await client.readResponse()).status).toBe(200)
    expect((await client.readResponse()).status).toBe(408)
  })

  test('does not run between requests', async () => {
    const origin = await startRawOrigin(answering(ok('x')))
    const client = await (await startTestProxy({ limits: { headTimeoutMs: 30 } })).connect()
    for (let i = 0; i < 2; i++) {
      await client.write(`GET ${origin.url}/ HTTP/1.1\r\nHost: x\r\n\r\n`)
      expect((await client.readResponse()).status).toBe(200)
      await new Promise((resolve) => setTimeout(resolve, 150))
    }
    expect(client.ending).toBe('open')
  })
})

describe('idleTimeout', () => {
  test('closes a connection on which nothing was ever asked', async () => {
    const { connect, records } = await startTestProxy({ limits: { idleTimeoutMs: SHORT_MS } })
    const client = await connect()
    expect(await client.ended()).toBe('end')
    expect(client.received).toBe('')
    expect(records.length).toBe(0)
  })

  test('closes a connection after its last answer', async () => {
    const origin = await startRawOrigin(answering(ok('x')))
    const client = await (await startTestProxy({ limits: { idleTimeoutMs: SHORT_MS } })).connect()
    await client.write(`GET ${origin.url}/ HTTP/1.1\r\nHost: x\r\n\r\n`)
    await client.readResponse()
    expect(await client.ended()).toBe('end')
  })

  test('ends an answer that stalls, which never looks complete', async () => {
    const origin = await startRawOrigin()
    const { connect, record } = await startTestProxy({ limits: { idleTimeoutMs: SHORT_MS } })
    const client = await connect()
    await client.write(`GET ${origin.url}/ HTTP/1.1\r\nHost: x\r\n\r\n`)
    const peer = await origin.peer(0)
    await peer.readRequest()
    await peer.write('HTTP/1.1 200 OK\r\n\r\nhalf')
    await client.readPast('half')
    expect(await client.ended()).toBe('reset')
    await peer.closed()
    expect((await record(0)).error).toBe('VG_RESPONSE_TIMEOUT')
  })

  test('ends an exchange whose client stops reading', async () => {
    const origin = await startRawOrigin()
    const { connect, proxy, record } = await startTestProxy({ limits: { idleTimeoutMs: SHORT_MS } })
    const client = await connect()
    client.socket.pause()
    await client.write(`GET ${origin.url}/ HTTP/1.1\r\nHost: x\r\n\r\n`)
    const peer = await origin.peer(0)
    await peer.readRequest()
    await peer.write('HTTP/1.1 200 OK\r\nContent-Length: 100000000\r\n\r\n')
    peer.socket.write(Buffer.alloc(50_000_000))
    await peer.closed()
    expect((await record(0)).status).toBe(200)
    await eventually(() => proxy.connections === 0)
  })

  test('does not end an answer that goes on slowly', async () => {
    const origin = await startRawOrigin(async (peer) => {
      await peer.readRequest()
      await peer.write('HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\n')
      for (let i = 0; i < 8; i++) {
        await pause()
        await peer.write('x')
      }
    })
    const client = await (await startTestProxy({ limits: { idleTimeoutMs: LONG_MS } })).connect()
    await client.write(`GET ${origin.url}/ HTTP/1.1\r\nHost: x\r\n\r\n`)
    expect((await client.readResponse()).body).toBe('xxxxxxxx')
  })

  test('does not end an upload that goes on while its answer has begun', async () => {
    const origin = await startRawOrigin()
    const client = await (await startTestProxy({ limits: { idleTimeoutMs: LONG_MS } })).connect()
    await client.write(`POST ${origin.url}/ HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n`)
    const peer = await origin.peer(0)
    await peer.readPast('\r\n\r\n')
    await peer.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n')
    await client.readHead()
    for (let i = 0; i < 10; i++) {
      await pause()
      await client.write('x')
    }
    expect(await peer.readBytes(10)).toBe('xxxxxxxxxx')
    await peer.write('ok')
    expect(await client.readBytes(2)).toBe('ok')
  })
})

describe('bodyTimeout', () => {
  test('ends a body that stalls, with 408', async () => {
    const origin = await startRawOrigin()
    const { connect, record } = await startTestProxy({ limits: { bodyTimeoutMs: 100 } })
    const client = await connect()
    await client.write(`POST ${origin.url}/ HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nhalf`)
    const response = await client.readResponse()
    expect(response.status).toBe(408)
    expect(response.fields['proxy-status']).toBe('veilgate; error=http_request_error')
    expect(await client.closed()).toBe('end')
    await (await origin.peer(0)).closed()
    expect((await record(0)).error).toBe('VG_BODY_TIMEOUT')
  })

  test('without a rate is put off by every octet', async () => {
    const origin = await startRawOrigin(answering(ok('x')))
    const client = await (await startTestProxy({ limits: { bodyTimeoutMs: LONG_MS, bodyMinRate: 0 } })).connect()
    await client.write(`POST ${origin.url}/ HTTP/1.1\r\nHost: x\r\nContent-Length: 8\r\n\r\n`)
    for (let i = 0; i < 8; i++) {
      await pause()
      await client.write('x')
    }
    expect((await client.readResponse()).status).toBe(200)
  })

  test('is not put off by a body that drips below bodyMinRate', async () => {
    const origin = await startRawOrigin()
    const { connect, counts } = await startTestProxy({ limits: { bodyTimeoutMs: LONG_MS, bodyMinRate: 100 } })
    const client = await connect()
    await client.write(`POST ${origin.url}/ HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n`)
    while (client.received === '') {
      await client.write('x')
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
    expect((await client.readResponse()).status).toBe(408)
    expect(counts.limits).toMatchObject({ bodyMinRate: 1, bodyTimeout: 0 })
    await (await origin.peer(0)).closed()
  })

  test('lets a body take its time that keeps bodyMinRate', async () => {
    const origin = await startRawOrigin(answering(ok('x')))
    const client = await (await startTestProxy({ limits: { bodyTimeoutMs: LONG_MS, bodyMinRate: 100 } })).connect()
    await client.write(`POST ${origin.url}/ HTTP/1.1\r\nHost: x\r\nContent-Length: 1600\r\n\r\n`)
    for (let i = 0; i < 8; i++) {
      await client.write('x'.repeat(200))
      await pause()
    }
    expect((await client.readResponse()).status).toBe(200)
  })

  test('blames the origin where it is the origin that does not read', async () => {
    const origin = await startRawOrigin((peer) => void peer.socket.pause())
    const { connect, record } = await startTestProxy({ limits: { bodyTimeoutMs: 300 } })
    const client = await connect()
    await client.write(`POST ${origin.url}/ HTTP/1.1\r\nHost: x\r\nContent-Length: 50000000\r\n\r\n`)
    client.socket.write(Buffer.alloc(50_000_000))
    expect((await record(0)).error).toBe('VG_RESPONSE_TIMEOUT')
    expect((await client.readResponse()).status).toBe(504)
  })
})

describe('responseTimeout', () => {
  test('ends a request without an answer, with 504, and the client connection stays usable', async () => {
    const origin = await startRawOrigin()
    const { connect } = await startTestProxy({ limits: { responseTimeoutMs: 100 } })
    const client = await connect()
    for (const index of [0, 1]) {
      await client.write(`GET ${origin.url}/ HTTP/1.1\r\nHost: x\r\n\r\n`)
      const response = await client.readResponse()
      expect(response.status).toBe(504)
      expect(response.fields['proxy-status']).toBe('veilgate; error=http_response_timeout')
      await (await origin.peer(index)).closed()
    }
  })

  test('is not put off by half a response head', async () => {
    const origin = await startRawOrigin()
    const client = await (await startTestProxy({ limits: { responseTimeoutMs: 150 } })).connect()
    await client.write(`GET ${origin.url}/ HTTP/1.1\r\nHost: x\r\n\r\n`)
    const peer = await origin.peer(0)
    const drip = setInterval(() => peer.socket.write('H'), 20)
    onTestFinished(() => clearInterval(drip))
    expect((await client.readResponse()).status).toBeOneOf([502, 504])
  })
})

describe('connectTimeout', () => {
  test.each(['GET http://TARGET/', 'CONNECT TARGET'])(
    'ends %s to an address that does not answer, with 504',
    async (line) => {
      const port = await unusedPort()
      const silent = await startSilentListener('127.0.0.1', port)
      onTestFinished(() => silent.close())
      const client = await (await startTestProxy({ limits: { connectTimeoutMs: 200 } })).connect()
      await client.write(`${line.replace('TARGET', `127.0.0.1:${port}`)} HTTP/1.1\r\nHost: x\r\n\r\n`)
      const response = await client.readResponse()
      expect(response.status).toBe(504)
      expect(response.fields['proxy-status']).toMatch(/^veilgate; error=connection_timeout/)
    },
  )

  test.each(['GET http://TARGET/', 'CONNECT TARGET'])('ends %s whose name is not answered, with 504', async (line) => {
    const dns = await startDnsServer({ 'slow.test': { A: { never: true }, AAAA: { never: true } } })
    onTestFinished(() => dns.close())
    const { connect } = await startTestProxy({
      egress: { dns: { servers: [dns.address], timeoutMs: 200 } },
      limits: { connectTimeoutMs: 5_000 },
    })
    const client = await connect()
    await client.write(`${line.replace('TARGET', 'slow.test:80')} HTTP/1.1\r\nHost: x\r\n\r\n`)
    const response = await client.readResponse()
    expect(response.status).toBe(504)
    expect(response.fields['proxy-status']).toMatch(/^veilgate; error=dns_timeout/)
  })
})
