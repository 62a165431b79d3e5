import { describe, expect, test } from 'vitest'
import type { ProxyOptions } from '../../src/app.js'
import { answering, ok, startRawOrigin, unusedPort } from '../helpers/raw-origin.js'
import { startRecordingParent } from '../helpers/recording-parent.js'
import { connectTo, get } from '../helpers/requests.js'
import { startTestProxy } from '../helpers/test-proxy.js'
import { makeCertificate } from '../helpers/tls-certificate.js'

const certificate = makeCertificate()
const SCHEMES = ['http', 'https', 'socks4', 'socks4a', 'socks5', 'socks5h'] as const

function through(hops: readonly string[], more: ProxyOptions = {}): ProxyOptions {
  return {
    upstreams: { up: { hops, tor: false, ca: certificate.file } },
    route: [{ match: ['*'], via: 'up', anonymous: false }],
    ...more,
  }
}

describe('through one upstream', () => {
  test.each(SCHEMES)('%s carries http:// requests and tunnels', async (scheme) => {
    const origin = await startRawOrigin(answering(ok('hello')))
    const parent = await startRecordingParent(scheme === 'https' ? { tls: certificate } : {})
    const proxy = await startTestProxy(through([`${scheme}://127.0.0.1:${parent.port}`]))
    const client = await proxy.connect()
    await client.write(get(`${origin.url}/a`))
    expect(await client.readResponse()).toMatchObject({ status: 200, body: 'hello' })
    await client.write(connectTo(origin.authority))
    expect(await client.readHead()).toMatchObject({ status: 200 })
    await client.write('GET /b HTTP/1.1\r\nHost: x\r\n\r\n')
    expect(await client.readResponse()).toMatchObject({ status: 200, body: 'hello' })
    client.reset()
    expect((await proxy.record(1)).egress).toMatchObject({ route: 'up' })
    expect(parent.asked).toHaveLength(2)
  })
})

test('no member answers: 503, and nothing goes direct', async () => {
  const origin = await startRawOrigin(answering(ok('hello')))
  const proxy = await startTestProxy(through([`socks5h://127.0.0.1:${await unusedPort()}`]))
  const client = await proxy.connect()
  await client.write(get(`${origin.url}/a`))
  const response = await client.readResponse()
  expect(response.status).toBe(503)
  expect(response.fields['proxy-status']).toContain('error=destination_unavailable')
  expect(origin.peers).toHaveLength(0)
})
