import { createServer } from 'node:tls'
import { describe, expect, onTestFinished, test } from 'vitest'
import { makeCertificate } from '../../../src/leaktest/certificate.js'
import { askInTunnel, askProxy, openTunnel } from '../../../src/leaktest/client.js'
import { startRawOrigin } from '../../helpers/raw-origin.js'
import type { RawPeer } from '../../helpers/raw-peer.js'

const GENEROUS_MS = 15_000
const HEAD = 'GET http://a.example/ HTTP/1.1\r\nHost: a.example\r\n\r\n'
const CONNECT = 'CONNECT a.example:443 HTTP/1.1\r\nHost: a.example:443\r\n\r\n'

async function proxyOf(script: (peer: RawPeer) => Promise<void> | void) {
  const { port } = await startRawOrigin(script)
  return { port, timeoutMs: GENEROUS_MS }
}

describe('askProxy', () => {
  test('sends the head as it is, and gives the head of the answer', async () => {
    let received = ''
    const proxy = await proxyOf(async (peer) => {
      received = await peer.readPast('\r\n\r\n')
      await peer.write('HTTP/1.1 200 OK\r\nA: 1\r\n\r\nbody')
    })
    expect(await askProxy(proxy, HEAD)).toBe('HTTP/1.1 200 OK\r\nA: 1\r\n\r\n')
    expect(received).toBe(HEAD)
  })

  test('comes from the address that is wanted', async () => {
    let address: string | undefined
    const proxy = await proxyOf(async (peer) => {
      address = peer.socket.remoteAddress
      await peer.write('HTTP/1.1 200 OK\r\n\r\n')
    })
    await askProxy({ ...proxy, from: '127.0.0.2' }, HEAD)
    expect(address).toBe('127.0.0.2')
  })

  test.each<[what: string, script: (peer: RawPeer) => Promise<void> | void]>([
    ['ends without an answer', (peer) => peer.close()],
    [
      'resets in the middle of its head',
      async (peer) => {
        await peer.write('HTTP/1.1 200 OK\r\nA:')
        peer.reset()
      },
    ],
  ])('fails where the proxy %s', async (_what, script) => {
    await expect(askProxy(await proxyOf(script), HEAD)).rejects.toThrow('the other side ended')
  })

  test('fails where the proxy says nothing, after the time that it is given, and closes', async () => {
    const { port, peers } = await startRawOrigin()
    await expect(askProxy({ port, timeoutMs: 50 }, HEAD)).rejects.toThrow('the other side ended')
    await peers[0]?.closed()
  })
})

describe('a tunnel', () => {
  test('gets what the origin sent at once with the answer of the proxy', async () => {
    const proxy = await proxyOf(async (peer) => {
      await peer.readPast('\r\n\r\n')
      await peer.write('HTTP/1.1 200 OK\r\n\r\ngreeting')
    })
    const socket = await openTunnel(proxy, CONNECT)
    onTestFinished(() => void socket.destroy())
    expect(await new Promise((resolve) => socket.once('data', (chunk) => resolve(String(chunk))))).toBe('greeting')
  })

  test('that is refused fails with the status line', async () => {
    const { port, peers } = await startRawOrigin((peer) => peer.write('HTTP/1.1 403 Forbidden\r\n\r\nno'))
    await expect(openTunnel({ port, timeoutMs: GENEROUS_MS }, CONNECT)).rejects.toThrow('HTTP/1.1 403 Forbidden')
    await peers[0]?.closed()
  })

  test.each<[what: string, script: (peer: RawPeer) => Promise<void> | void]>([
    ['ends', (peer) => peer.close()],
    ['resets', (peer) => peer.reset()],
  ])('fails where the proxy %s it', async (_what, script) => {
    await expect(openTunnel(await proxyOf(script), CONNECT)).rejects.toThrow('the proxy ended the connection')
  })

  test('fails where nobody answers in time', async () => {
    const { port } = await startRawOrigin()
    await expect(openTunnel({ port, timeoutMs: 50 }, CONNECT)).rejects.toThrow('the proxy ended the connection')
  })

  test('carries a head in TLS, whatever the name of the host', async () => {
    const certificate = makeCertificate(Date.now())
    let inside = ''
    const proxy = await proxyOf(async (peer) => {
      await peer.readPast('\r\n\r\n')
      await peer.write('HTTP/1.1 200 OK\r\n\r\n')
      peer.socket.removeAllListeners('data')
      const server = createServer(certificate, (secure) => {
        secure.on('data', (chunk) => {
          inside += chunk
          secure.write('HTTP/1.1 204 No Content\r\n\r\n')
        })
      })
      server.emit('connection', peer.socket)
    })
    expect(await askInTunnel(proxy, CONNECT, 'GET / HTTP/1.1\r\n\r\n', certificate.cert)).toBe(
      'HTTP/1.1 204 No Content\r\n\r\n',
    )
    expect(inside).toBe('GET / HTTP/1.1\r\n\r\n')
  })

  test('fails where what is inside speaks no TLS', async () => {
    const proxy = await proxyOf(async (peer) => {
      await peer.readPast('\r\n\r\n')
      await peer.write('HTTP/1.1 200 OK\r\n\r\nHTTP/1.1 400 Bad Request\r\n\r\n')
    })
    await expect(askInTunnel(proxy, CONNECT, HEAD, makeCertificate(Date.now()).cert)).rejects.toThrow()
  })
})
