import { describe, expect, test } from 'vitest'
import { startRawOrigin, unusedPort } from '../helpers/raw-origin.js'
import { connectRaw, eventually, turn } from '../helpers/raw-peer.js'
import { startTestProxy, type TestProxyOptions } from '../helpers/test-proxy.js'

/** A tunnel that stands. */
async function openTunnel(options: TestProxyOptions = {}) {
  const origin = await startRawOrigin()
  const { connect, ...rest } = await startTestProxy(options)
  const client = await connect()
  await client.write(`CONNECT ${origin.authority} HTTP/1.1\r\nHost: ${origin.authority}\r\n\r\n`)
  expect(await client.readPast('\r\n\r\n')).toBe('HTTP/1.1 200 Connection established\r\n\r\n')
  return { origin, client, peer: await origin.peer(0), connect, ...rest }
}

describe('a tunnel', () => {
  test('carries octets both ways as they are', async () => {
    const { client, peer } = await openTunnel()
    const every = Array.from({ length: 256 }, (_, i) => String.fromCharCode(i)).join('')
    await client.write(every)
    expect(await peer.readBytes(256)).toBe(every)
    await peer.write(every, 7)
    expect(await client.readBytes(256)).toBe(every)
  })

  test('is not opened by anything else on the wire: the origin sees none of the head', async () => {
    const { peer } = await openTunnel()
    await turn()
    expect(peer.received).toBe('')
  })

  test('delivers what came with its head', async () => {
    const origin = await startRawOrigin()
    const client = await (await startTestProxy()).connect()
    await client.write(`CONNECT ${origin.authority} HTTP/1.1\r\nHost: x\r\n\r\n\x16\x03\x01early`)
    expect(await (await origin.peer(0)).readBytes(8)).toBe('\x16\x03\x01early')
  })

  test('delivers what the origin says first', async () => {
    const origin = await startRawOrigin((peer) => peer.write('220 ready\r\n'))
    const client = await (await startTestProxy()).connect()
    await client.write(`CONNECT ${origin.authority} HTTP/1.1\r\nHost: x\r\n\r\n`)
    await client.readPast('\r\n\r\n')
    expect(await client.readPast('\r\n')).toBe('220 ready\r\n')
  })

  test('stands after a head that arrives octet by octet, with HTTP/1.0 and fields of any kind', async () => {
    const origin = await startRawOrigin()
    const client = await (await startTestProxy()).connect()
    await client.write(`CONNECT ${origin.authority} HTTP/1.0\r\nProxy-Connection: close\r\nX: y\r\n\r\nab`, 1)
    await client.readPast('HTTP/1.1 200 Connection established\r\n\r\n')
    expect(await (await origin.peer(0)).readBytes(2)).toBe('ab')
  })

  test('stays half-open when the client sends FIN', async () => {
    const { client, peer, proxy } = await openTunnel()
    await client.write('question')
    client.end()
    expect(await peer.readBytes(8)).toBe('question')
    expect(await peer.ended()).toBe('end')
    await peer.write('answer')
    expect(await client.readBytes(6)).toBe('answer')
    expect(client.ending).toBe('open')
    peer.end()
    expect(await client.closed()).toBe('end')
    await eventually(() => proxy.connections === 0)
  })

  test('stays half-open when the origin sends FIN', async () => {
    const { client, peer, proxy } = await openTunnel()
    await peer.write('bye')
    peer.end()
    expect(await client.readBytes(3)).toBe('bye')
    expect(await client.ended()).toBe('end')
    await client.write('still here')
    expect(await peer.readBytes(10)).toBe('still here')
    client.end()
    expect(await peer.closed()).toBe('end')
    await eventually(() => proxy.connections === 0)
  })

  test('passes on a FIN that came with the head', async () => {
    const origin = await startRawOrigin()
    const client = await (await startTestProxy()).connect()
    await client.write(`CONNECT ${origin.authority} HTTP/1.1\r\nHost: x\r\n\r\nall`)
    client.end()
    const peer = await origin.peer(0)
    expect(await peer.ended()).toBe('end')
    expect(peer.received).toBe('all')
    await peer.write('answer')
    await client.readPast('answer')
  })

  test('passes on a reset by the origin as a reset', async () => {
    const { client, peer, proxy, record } = await openTunnel()
    peer.reset()
    expect(await client.ended()).toBe('reset')
    await eventually(() => proxy.connections === 0)
    expect((await record(0)).error).toBe('VG_ORIGIN_TERMINATED')
  })

  test('passes on a reset by the client as a reset', async () => {
    const { client, peer, proxy, record } = await openTunnel()
    client.reset()
    expect(await peer.ended()).toBe('reset')
    await eventually(() => proxy.connections === 0)
    expect((await record(0)).error).toBe('client_aborted')
  })

  test('passes on a reset of a side that is half-closed already', async () => {
    const { client, peer } = await openTunnel()
    client.end()
    await peer.ended()
    peer.reset()
    expect(await client.ended()).toBe('reset')
  })

  test('ends when nothing moves for tunnelIdleTimeout', async () => {
    const { client, peer, record } = await openTunnel({ limits: { tunnelIdleTimeoutMs: 200 } })
    expect(await peer.ended()).toBe('reset')
    expect(await client.ended()).toBe('reset')
    expect((await record(0)).status).toBe(200)
  })

  test('outlives the idle time of requests', async () => {
    const { client, peer } = await openTunnel({
      limits: { idleTimeoutMs: 500, headTimeoutMs: 500, responseTimeoutMs: 500 },
    })
    await new Promise((resolve) => setTimeout(resolve, 1_000))
    await client.write('late')
    expect(await peer.readBytes(4)).toBe('late')
  })

  test('is told once, when it ends, with what it moved', async () => {
    const { client, peer, record, records } = await openTunnel()
    await client.write('12345')
    await peer.readBytes(5)
    await peer.write('1234567')
    await client.readBytes(7)
    expect(records.length).toBe(0)
    client.end()
    peer.end()
    const told = await record(0)
    expect(told.method).toBe('CONNECT')
    expect(told.status).toBe(200)
    expect(told.error).toBeNull()
    const head = told.bytes.fromClient - 5
    expect(head).toBeGreaterThan(30)
    expect(told.bytes.toClient).toBe('HTTP/1.1 200 Connection established\r\n\r\n'.length + 7)
  })
})

describe('CONNECT', () => {
  test.each([
    'example.test',
    'example.test:',
    'example.test:0',
    'example.test:65536',
    'example.test:443x',
    'example.test:+443',
    ':443',
    'http://example.test:443',
    'http://example.test/',
    '/',
    '*',
    'user@example.test:443',
    'example.test:443/',
    'example.test:443?',
    '::1:443',
    '[::1:443',
    '[::1]',
    '[::1]443',
    'exa mple.test:443',
    'a..b:443',
    '%65xample.test:443',
  ])('to %s is malformed and closes the connection', async (target) => {
    const client = await (await startTestProxy()).connect()
    await client.write(`CONNECT ${target} HTTP/1.1\r\nHost: x\r\n\r\n`)
    const response = await client.readResponse()
    expect(response.status).toBe(400)
    expect(response.fields['proxy-status']).toMatch(/^veilgate; error=http_request_error/)
    expect(response.fields.connection).toBe('close')
    expect(await client.closed()).toBe('end')
  })

  test.each([
    ['Content-Length: 3\r\n', 'abc'],
    ['Transfer-Encoding: chunked\r\n', '0\r\n\r\n'],
  ])('with content (%j) is refused', async (field, body) => {
    const origin = await startRawOrigin()
    const client = await (await startTestProxy()).connect()
    await client.write(`CONNECT ${origin.authority} HTTP/1.1\r\nHost: x\r\n${field}\r\n${body}`)
    expect((await client.readResponse()).status).toBe(400)
    expect(await client.closed()).toBe('end')
    expect(origin.peers.length).toBe(0)
  })

  test('with a Content-Length of 0 opens a tunnel', async () => {
    const origin = await startRawOrigin()
    const client = await (await startTestProxy()).connect()
    await client.write(`CONNECT ${origin.authority} HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n`)
    expect((await client.readHead()).status).toBe(200)
  })

  test('goes to the same place in every spelling of an address', async () => {
    const origin = await startRawOrigin()
    const { connect } = await startTestProxy()
    for (const host of ['127.0.0.1', '127.1', '0x7f000001', '2130706433', 'LOCALHOST.']) {
      const client = await connect()
      await client.write(`CONNECT ${host}:${origin.port} HTTP/1.1\r\nHost: x\r\n\r\n`)
      expect((await client.readHead()).status).toBe(200)
    }
  })

  test('more than tunnelsPerClient at a time are refused, and possible again when one has ended', async () => {
    const { client, peer, origin, connect } = await openTunnel({ limits: { tunnelsPerClient: 1 } })
    const text = `CONNECT ${origin.authority} HTTP/1.1\r\nHost: x\r\n\r\n`
    const second = await connect()
    await second.write(text)
    const refusal = await second.readResponse()
    expect(refusal.status).toBe(429)
    expect(refusal.fields['proxy-status']).toMatch(/^veilgate; error=connection_limit_reached/)
    expect(refusal.fields['retry-after']).toBe('1')
    client.close()
    await peer.closed()
    const third = await connect()
    await third.write(text)
    expect((await third.readHead()).status).toBe(200)
  })

  test('that fails gives its place back', async () => {
    const { connect } = await startTestProxy({ limits: { tunnelsPerClient: 1 } })
    const port = await unusedPort()
    for (let i = 0; i < 3; i++) {
      const client = await connect()
      await client.write(`CONNECT 127.0.0.1:${port} HTTP/1.1\r\nHost: x\r\n\r\n`)
      expect((await client.readResponse()).status).toBe(502)
    }
  })

  test('does not use the place of a plain request', async () => {
    const { connect, port } = await openTunnel({ limits: { tunnelsPerClient: 1 } })
    const other = await connectRaw(port)
    await other.write('GET http://127.0.0.1:1/ HTTP/1.1\r\nHost: x\r\n\r\n')
    expect((await other.readResponse()).status).toBe(502)
    other.close()
    expect((await connect()).ending).toBe('open')
  })
})
