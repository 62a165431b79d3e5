import { describe, expect, test } from 'vitest'
import { answering, ok, startRawOrigin } from '../../helpers/raw-origin.js'
import { startTestProxy } from '../../helpers/test-proxy.js'

describe('forward', () => {
  test('sends the head in origin-form with the Host of the target, and the body as it came', async () => {
    const origin = await startRawOrigin(answering(ok('done')))
    const { connect } = await startTestProxy()
    const client = await connect()
    await client.write(`POST ${origin.url}/a?b HTTP/1.1\r\nHost: other\r\nX-A: 1\r\nContent-Length: 5\r\n\r\nhello`)
    expect((await client.readResponse()).body).toBe('done')
    const peer = await origin.peer(0)
    expect(peer.bytes).toBeGreaterThan(0)
    expect(origin.peers).toHaveLength(1)
  })

  test('a GET uses a kept connection again, a POST never does', async () => {
    const origin = await startRawOrigin(answering(ok('x')))
    const { connect } = await startTestProxy()
    const client = await connect()
    for (const method of ['GET', 'GET', 'POST']) {
      await client.write(`${method} ${origin.url}/ HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n`)
      await client.readResponse()
    }
    expect(origin.peers).toHaveLength(2)
  })

  test('a kept connection that turns out to be dead costs a GET nothing', async () => {
    const origin = await startRawOrigin(async (peer, index) => {
      await peer.readRequest()
      await peer.write(ok(`${index}`))
      if (index > 0) return
      await peer.readRequest()
      peer.reset()
    })
    const { connect } = await startTestProxy()
    const client = await connect()
    for (const expected of ['0', '1']) {
      await client.write(`GET ${origin.url}/ HTTP/1.1\r\nHost: x\r\n\r\n`)
      expect((await client.readResponse()).body).toBe(expected)
    }
  })

  test.each([
    ['HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n', 'asks for proxy authentication'],
    ['HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n', 'a switch nobody asked for'],
    ['HTTP/1.1 103 Early Hints\r\n\r\n'.repeat(33), 'a flood of interim responses'],
    ['HTTP/1.1 200 OK\nContent-Length: 2\n\nok', 'bare line feeds'],
  ])('an origin that answers %j gets the client a 502 (%s)', async (answer) => {
    const origin = await startRawOrigin(answering(answer))
    const { connect } = await startTestProxy()
    const client = await connect()
    await client.write(`GET ${origin.url}/ HTTP/1.1\r\nHost: x\r\n\r\n`)
    let response = await client.readResponse()
    while (response.status < 200) response = await client.readResponse()
    expect(response.status).toBe(502)
    expect(response.fields['proxy-status']).toContain('http_protocol_error')
  })

  test('octets behind a response belong to nobody: they reach no client and the connection is not kept', async () => {
    const origin = await startRawOrigin(answering(`${ok('one')}HTTP/1.1 200 OK\r\nX-Injected: 1\r\n\r\n`))
    const { connect } = await startTestProxy()
    const client = await connect()
    for (let i = 0; i < 2; i++) {
      await client.write(`GET ${origin.url}/ HTTP/1.1\r\nHost: x\r\n\r\n`)
      const response = await client.readResponse()
      expect([response.body, response.fields['x-injected']]).toEqual(['one', undefined])
    }
    expect(origin.peers).toHaveLength(2)
  })
})
