import type { AddressInfo } from 'node:net'
import { connect as connectTcp } from 'node:net'
import { connect, createServer } from 'node:tls'
import { Server } from 'proxy-chain'
import { describe, expect, onTestFinished, test } from 'vitest'
import type { ProxyOptions } from '../../src/app.js'
import { hasProgram, startParentProgram } from '../helpers/parent-programs.js'
import { startRawOrigin } from '../helpers/raw-origin.js'
import { connectTo, get } from '../helpers/requests.js'
import { startTestProxy } from '../helpers/test-proxy.js'
import { expectThreeWays, serveThreeWays } from '../helpers/three-ways.js'
import { makeCertificate } from '../helpers/tls-certificate.js'

// Parents that others wrote, as people have them.

const certificate = makeCertificate()

function through(hops: readonly string[]): ProxyOptions {
  return {
    upstreams: { up: { hops, tor: false, ca: certificate.file } },
    route: [{ match: ['*'], via: 'up', anonymous: false }],
    egress: { guard: { allow: ['127.0.0.0/8', '::1'] }, connectPorts: [[1, 65_535]], httpPorts: [[1, 65_535]] },
  }
}

/** http, a tunnel and WebSocket, by name and by address of either family. */
async function expectAll(hops: (originPort: number) => Promise<readonly string[]>, isOnlyIPv4 = false) {
  await expectEach(hops, '127.0.0.1', ['127.0.0.1', 'localhost'])
  if (!isOnlyIPv4) await expectEach(hops, '::1', ['[::1]'])
}

async function expectEach(
  hops: (originPort: number) => Promise<readonly string[]>,
  address: string,
  hosts: readonly string[],
) {
  const origin = await startRawOrigin(serveThreeWays, address)
  const proxy = await startTestProxy(through(await hops(origin.port)))
  for (const host of hosts) {
    await expectThreeWays(proxy, `${host}:${origin.port}`, expect.stringMatching(/^GET \/p\?q HTTP/))
  }
  for (let i = 0; i < hosts.length * 3; i++) expect((await proxy.record(i)).egress?.route).toBe('up')
}

async function startProxyChain(isClosed: boolean): Promise<number> {
  const server = new Server({
    port: 0,
    host: '127.0.0.1',
    prepareRequestFunction: ({ username, password }) => ({
      requestAuthentication: isClosed && !(username === 'me' && password === 'secret'),
    }),
  })
  await server.listen()
  onTestFinished(() => server.close(true))
  return server.port
}

/** TLS with a certificate of our own authority, in front of a parent that speaks plain. */
async function startTlsFront(port: number): Promise<number> {
  const server = createServer({ key: certificate.key, cert: certificate.cert, allowHalfOpen: true }, (secure) => {
    const plain = connectTcp({ host: '127.0.0.1', port, allowHalfOpen: true })
    secure.on('error', () => plain.destroy())
    plain.on('error', () => secure.destroy())
    secure.on('close', () => plain.destroy())
    secure.pipe(plain)
    plain.pipe(secure)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.close()
  })
  return (server.address() as AddressInfo).port
}

describe.skipIf(!hasProgram('microsocks'))('microsocks', () => {
  test.each([
    ['socks5', false],
    ['socks5h', false],
    ['socks5h', true],
  ] as const)('%s, closed: %s', async (scheme, isClosed) => {
    await expectAll(async () => {
      const { port } = await startParentProgram('microsocks', { isClosed })
      return [`${scheme}://${isClosed ? 'me:secret@' : ''}127.0.0.1:${port}`]
    })
  })

  test('a wrong password is 502', async () => {
    const { port } = await startParentProgram('microsocks', { isClosed: true })
    const proxy = await startTestProxy(through([`socks5h://me:wrong@127.0.0.1:${port}`]))
    const client = await proxy.connect()
    await client.write(connectTo('127.0.0.1:9'))
    const response = await client.readHead()
    expect(response.status).toBe(502)
    expect(response.fields['proxy-status']).toContain('proxy_configuration_error')
  })
})

test.skipIf(!hasProgram('danted')).each(['socks4', 'socks5', 'socks5h'])('dante by %s', async (scheme) => {
  await expectAll(async () => {
    const { port } = await startParentProgram('danted')
    return [`${scheme}://127.0.0.1:${port}`]
  }, scheme === 'socks4')
})

describe.skipIf(!hasProgram('squid'))('Squid with Basic authentication', { timeout: 60_000 }, () => {
  test('in clear', async () => {
    await expectAll(async (tunnelPort) => {
      const { port } = await startParentProgram('squid', { isClosed: true, tunnelPort })
      return [`http://me:secret@127.0.0.1:${port}`]
    })
  })

  test('behind TLS of a private authority', async () => {
    await expectAll(async (tunnelPort) => {
      const { port } = await startParentProgram('squid', { isClosed: true, tunnelPort })
      return [`https://me:secret@127.0.0.1:${await startTlsFront(port)}`]
    })
  })

  test('whose CONNECT is for 443 alone still carries http:// requests', async () => {
    const origin = await startRawOrigin(serveThreeWays)
    const { port } = await startParentProgram('squid')
    const proxy = await startTestProxy(through([`http://127.0.0.1:${port}`]))
    const client = await proxy.connect()
    await client.write(get(`${origin.url}/p`))
    expect((await client.readResponse()).status).toBe(200)
    await client.write(connectTo(origin.authority))
    const refused = await client.readHead()
    expect(refused.status).toBe(502)
    expect(refused.fields['proxy-status']).toContain('error=connection_refused; details="up: it answered 403"')
  })

  test('its 407 stays between it and us', async () => {
    const { port } = await startParentProgram('squid', { isClosed: true })
    const proxy = await startTestProxy(through([`http://127.0.0.1:${port}`]))
    for (const text of [get('http://127.0.0.1:9/'), connectTo('127.0.0.1:443')]) {
      const client = await proxy.connect()
      await client.write(text)
      const response = await client.readHead()
      expect(response.status).toBe(502)
      expect(response.fields['proxy-status']).toContain('proxy_configuration_error')
      expect(response.fields['proxy-authenticate']).toBeUndefined()
    }
  })
})

test.skipIf(!hasProgram('tinyproxy')).each([false, true])('Tinyproxy, closed: %s', async (isClosed) => {
  await expectAll(async () => {
    const { port } = await startParentProgram('tinyproxy', { isClosed })
    return [`http://${isClosed ? 'me:secret@' : ''}127.0.0.1:${port}`]
  })
})

test.each([false, true])('proxy-chain, closed: %s', async (isClosed) => {
  await expectAll(async () => [`http://${isClosed ? 'me:secret@' : ''}127.0.0.1:${await startProxyChain(isClosed)}`])
})

test.skipIf(!hasProgram('danted') || !hasProgram('squid'))('a chain of two', { timeout: 60_000 }, async () => {
  await expectAll(async (tunnelPort) => {
    const socks = await startParentProgram('danted')
    const squid = await startParentProgram('squid', { isClosed: true, tunnelPort })
    return [`socks5h://127.0.0.1:${socks.port}`, `https://me:secret@127.0.0.1:${await startTlsFront(squid.port)}`]
  })
})

test.skipIf(!hasProgram('microsocks') || !hasProgram('tinyproxy'))('a chain of three', async () => {
  await expectAll(async (tunnelPort) => {
    const socks = await startParentProgram('microsocks', { isClosed: true })
    const tiny = await startParentProgram('tinyproxy', { isClosed: true })
    const last = await startProxyChain(true)
    expect(tunnelPort).toBeGreaterThan(0)
    return [
      `socks5h://me:secret@127.0.0.1:${socks.port}`,
      `http://me:secret@127.0.0.1:${tiny.port}`,
      `http://me:secret@127.0.0.1:${last}`,
    ]
  })
})

test('a certificate of nobody we know is not spoken to', async () => {
  const port = await startTlsFront(9)
  await expect(
    new Promise((resolve, reject) => connect({ port, host: '127.0.0.1' }, () => resolve('')).on('error', reject)),
  ).rejects.toThrow('self-signed certificate')
})
