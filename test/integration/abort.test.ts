import { beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import { startDnsServer } from '../helpers/dns-server.js'
import { ok, startRawOrigin, unusedPort } from '../helpers/raw-origin.js'
import { eventually, type RawPeer } from '../helpers/raw-peer.js'
import { startSilentListener } from '../helpers/silent-listener.js'
import { startTestProxy, type TestProxy } from '../helpers/test-proxy.js'

let proxy: TestProxy
let client: RawPeer
beforeEach(async () => {
  proxy = await startTestProxy()
  client = await proxy.connect()
})

/** The client has gone: the proxy holds nothing for it any more, and says so once. */
async function expectAborted(): Promise<void> {
  const told = await proxy.record(0)
  expect(told.error).toBe('client_aborted')
  await eventually(() => proxy.proxy.connections === 0)
  expect(proxy.records.length).toBe(1)
}

const ways = [
  ['GET', (authority: string) => `GET http://${authority}/ HTTP/1.1\r\nHost: x\r\n\r\n`],
  ['CONNECT', (authority: string) => `CONNECT ${authority} HTTP/1.1\r\nHost: x\r\n\r\n`],
] as const

describe('a client that goes away', () => {
  test.each(ways)('while a name is looked up for its %s ends the exchange', async (_method, text) => {
    const dns = await startDnsServer({ 'slow.test': { A: { never: true }, AAAA: { never: true } } })
    onTestFinished(() => dns.close())
    proxy = await startTestProxy({ egress: { dns: { servers: [dns.address] } } })
    client = await proxy.connect()
    await client.write(text('slow.test:80'))
    await eventually(() => dns.questions.length > 0)
    client.reset()
    await expectAborted()
    expect((await proxy.record(0)).status).toBe(0)
  })

  test.each(ways)('while a connection is made for its %s ends the exchange', async (_method, text) => {
    const port = await unusedPort()
    const silent = await startSilentListener('127.0.0.1', port)
    onTestFinished(() => silent.close())
    await client.write(text(`127.0.0.1:${port}`))
    await eventually(() => proxy.proxy.busyConnections === 1)
    client.reset()
    await expectAborted()
  })

  test('when its request is sent ends the origin exchange', async () => {
    const origin = await startRawOrigin()
    await client.write(`GET ${origin.url}/ HTTP/1.1\r\nHost: x\r\n\r\n`)
    const peer = await origin.peer(0)
    await peer.readRequest()
    client.reset()
    await peer.closed()
    await expectAborted()
  })

  test('while an answer streams ends the origin exchange', async () => {
    const origin = await startRawOrigin()
    await client.write(`GET ${origin.url}/ HTTP/1.1\r\nHost: x\r\n\r\n`)
    const peer = await origin.peer(0)
    await peer.readRequest()
    await peer.write('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\npart')
    await client.readPast('part')
    client.reset()
    await peer.closed()
    await expectAborted()
    expect((await proxy.record(0)).status).toBe(200)
  })

  test('without a word (FIN both ways) is noticed as soon as the answer goes on', async () => {
    const origin = await startRawOrigin()
    await client.write(`GET ${origin.url}/ HTTP/1.1\r\nHost: x\r\n\r\n`)
    const peer = await origin.peer(0)
    await peer.readRequest()
    await peer.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n')
    await client.readPast('1\r\na\r\n')
    client.close()
    const pulse = setInterval(() => peer.socket.write('1\r\nb\r\n'), 5)
    onTestFinished(() => clearInterval(pulse))
    await peer.closed()
    await expectAborted()
  })

  test('while an endless answer waits for it ends the origin exchange', async () => {
    const origin = await startRawOrigin()
    await client.write(`GET ${origin.url}/ HTTP/1.1\r\nHost: x\r\n\r\n`)
    const peer = await origin.peer(0)
    await peer.readRequest()
    await peer.write(`HTTP/1.1 200 OK\r\nContent-Length: 100000000\r\n\r\n`)
    client.socket.pause()
    peer.socket.write(Buffer.alloc(50_000_000))
    await new Promise((resolve) => setTimeout(resolve, 100))
    client.reset()
    await peer.closed()
    await expectAborted()
  })

  test('in the middle of its upload ends the origin exchange', async () => {
    const origin = await startRawOrigin()
    await client.write(`POST ${origin.url}/ HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nhalf`)
    const peer = await origin.peer(0)
    await peer.readPast('half')
    client.reset()
    await peer.closed()
    await expectAborted()
  })

  test('in the middle of a head leaves nothing and is no exchange', async () => {
    await client.write('GET http://a.te')
    client.reset()
    await eventually(() => proxy.proxy.connections === 0)
    expect(proxy.records.length).toBe(0)
  })

  test('after it sent requests ahead ends the first and never starts the others', async () => {
    const origin = await startRawOrigin()
    await client.write(`GET ${origin.url}/ HTTP/1.1\r\nHost: x\r\n\r\n`.repeat(3))
    const peer = await origin.peer(0)
    await peer.readRequest()
    client.reset()
    await peer.closed()
    await expectAborted()
    expect(origin.peers.length).toBe(1)
  })
})

describe('an origin that goes away', () => {
  const request = (url: string, version = '1.1') => `GET ${url}/ HTTP/${version}\r\nHost: x\r\n\r\n`

  test.each([
    ['FIN', (peer: RawPeer) => peer.end()],
    ['reset', (peer: RawPeer) => peer.reset()],
  ])('(%s) before any answer is a 502', async (_how, end) => {
    const origin = await startRawOrigin()
    await client.write(request(origin.url))
    const peer = await origin.peer(0)
    await peer.readRequest()
    end(peer)
    const response = await client.readResponse()
    expect(response.status).toBe(502)
    expect(response.fields['proxy-status']).toMatch(/^veilgate; error=connection_terminated/)
    expect((await proxy.record(0)).error).toBe('VG_ORIGIN_TERMINATED')
  })

  test.each([
    ['a length', 'Content-Length: 10\r\n\r\nhalf', '1.1', 'FIN', 'end'],
    ['a length', 'Content-Length: 10\r\n\r\nhalf', '1.1', 'reset', 'end'],
    ['a length, to HTTP/1.0', 'Content-Length: 10\r\n\r\nhalf', '1.0', 'FIN', 'reset'],
    ['chunks', 'Transfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n', '1.1', 'FIN', 'end'],
    ['chunks', 'Transfer-Encoding: chunked\r\n\r\n8\r\nhalf', '1.1', 'reset', 'end'],
    ['chunks, decoded for HTTP/1.0', 'Transfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n', '1.0', 'FIN', 'reset'],
    ['chunks without the last line', 'Transfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n0\r\n', '1.1', 'FIN', 'end'],
    ['its close', '\r\nhalf', '1.1', 'reset', 'reset'],
    ['its close, to HTTP/1.0', '\r\nhalf', '1.0', 'reset', 'reset'],
  ])('within a body framed by %s (%s over HTTP/%s by %s) never looks complete', async (...row) => {
    const [, rest, version, how, ending] = row
    const origin = await startRawOrigin()
    await client.write(request(origin.url, version))
    const peer = await origin.peer(0)
    await peer.readRequest()
    await peer.write(`HTTP/1.1 200 OK\r\n${rest}`)
    await client.readPast('half')
    if (how === 'FIN') peer.end()
    else peer.reset()
    expect(await client.ended()).toBe(ending)
    expect(client.received).not.toContain('0\r\n\r\n')
    const told = await proxy.record(0)
    expect(told.error).toBe('VG_ORIGIN_TERMINATED')
    expect(told.status).toBe(200)
    client.close()
    await eventually(() => proxy.proxy.connections === 0)
  })

  test('that breaks its chunks in the middle never lets them look complete', async () => {
    const origin = await startRawOrigin()
    await client.write(request(origin.url))
    const peer = await origin.peer(0)
    await peer.readRequest()
    await peer.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\nzz\r\n0\r\n\r\n')
    await client.readPast('half')
    expect(await client.closed()).toBe('end')
    expect(client.received).not.toContain('0\r\n')
    expect((await proxy.record(0)).error).toBe('VG_ORIGIN_PROTOCOL')
    await peer.closed()
  })

  test('in the middle of an upload is told to the client, whose rest is dropped', async () => {
    const origin = await startRawOrigin()
    await client.write(`POST ${origin.url}/ HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\nhalf`)
    const peer = await origin.peer(0)
    await peer.readPast('half')
    peer.reset()
    const response = await client.readResponse()
    expect(response.status).toBe(502)
    expect(response.fields.connection).toBe('close')
    await client.write('x'.repeat(100_000))
    expect(await client.closed()).toBe('end')
  })

  test('with a last answer in the middle of an upload has that answer delivered', async () => {
    const origin = await startRawOrigin()
    await client.write(`POST ${origin.url}/ HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\nhalf`)
    const peer = await origin.peer(0)
    await peer.readPast('half')
    await peer.write(ok('enough', 'Connection: close\r\n'))
    peer.end()
    expect((await client.readResponse()).body).toBe('enough')
    expect(await client.closed()).toBe('end')
  })
})

test('a client that breaks its own chunks while an answer streams gets no complete answer', async () => {
  const origin = await startRawOrigin()
  await client.write(`POST ${origin.url}/ HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n`)
  const peer = await origin.peer(0)
  await peer.readPast('1\r\na\r\n')
  await peer.write('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf')
  await client.readPast('half')
  await client.write('zz\r\n')
  expect(await client.closed()).toBe('end')
  expect(client.received).toBe('')
  await peer.closed()
  expect(peer.received).not.toContain('0\r\n')
})

test('a client that breaks its chunks gets a 400, and the origin no complete request', async () => {
  const origin = await startRawOrigin()
  await client.write(`POST ${origin.url}/ HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n`)
  const peer = await origin.peer(0)
  await peer.readPast('1\r\na\r\n')
  await client.write('zz\r\n')
  const response = await client.readResponse()
  expect(response.status).toBe(400)
  expect(response.fields['proxy-status']).toMatch(/^veilgate; error=http_request_error/)
  expect(await client.closed()).toBe('end')
  await peer.closed()
  expect(peer.received).toBe('')
})
