import { once } from 'node:events'
import { createServer, type Server, type Socket } from 'node:net'
import { createServer as createTlsServer } from 'node:tls'
import { afterEach, describe, expect, test } from 'vitest'
import { connectTls } from '../../../../src/upstream/dns/connect-tls.js'
import { toDohServer } from '../../../../src/upstream/dns/doh-server.js'
import { makeCertificate } from '../../../helpers/tls-certificate.js'

const certificate = makeCertificate()
const closing: (() => unknown)[] = []

afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close()
})

async function listen(
  server: Server,
  host: string,
  port = 0,
  isMute = false,
): Promise<{ port: number; sockets: Set<Socket> }> {
  const sockets = new Set<Socket>()
  server.on('connection', (socket) => {
    sockets.add(socket)
    socket.on('error', () => {})
    // read, or its end is never seen
    if (isMute) socket.resume()
    socket.on('close', () => sockets.delete(socket))
  })
  server.on('tlsClientError', () => {})
  await once(server.listen(port, host), 'listening')
  closing.push(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  const address = server.address()
  return { port: typeof address === 'object' && address !== null ? address.port : 0, sockets }
}

function tlsServer(): Server {
  const { key, cert } = certificate
  return createTlsServer({ key, cert, ALPNProtocols: ['h2'] })
}

function service(port: number, addresses: readonly string[]) {
  return toDohServer(`https://localhost:${port}/`, addresses, certificate.cert)
}

describe('a connection to a service', () => {
  test('goes to the first address that shakes hands and leaves none of the others open', async () => {
    const mute = await listen(createServer(), '127.0.0.7', 0, true)
    const good = await listen(tlsServer(), '127.0.0.1', mute.port)
    const addresses = ['127.0.0.6', '127.0.0.7', '127.0.0.1']
    const socket = await connectTls(service(good.port, addresses), new AbortController().signal)
    closing.push(() => socket.destroy())
    expect([socket.remoteAddress, socket.alpnProtocol, socket.authorized]).toEqual(['127.0.0.1', 'h2', true])
    await expect.poll(() => mute.sockets.size).toBe(0)
    // an error of its later life has nothing to do with the attempts
    const late = once(socket, 'error')
    socket.destroy(new Error('later'))
    expect(String(await late)).toContain('later')
    expect(good.sockets.size).toBeLessThanOrEqual(1)
  })

  test('fails as the last address does where none is there', async () => {
    const gone = await listen(tlsServer(), '127.0.0.1')
    await closing.pop()?.()
    await expect(
      connectTls(service(gone.port, ['127.0.0.6', '127.0.0.1']), new AbortController().signal),
    ).rejects.toThrow('ECONNREFUSED 127.0.0.1')
  })

  test('the certificate counts whatever the environment says', async () => {
    const { port } = await listen(tlsServer(), '127.0.0.1')
    process.env.NODE_TLS_REJECT_UNAUTHORIZED = '0'
    closing.push(() => {
      process.env.NODE_TLS_REJECT_UNAUTHORIZED = undefined
      delete process.env.NODE_TLS_REJECT_UNAUTHORIZED
    })
    const stranger = toDohServer(`https://dns.test:${port}/`, ['127.0.0.1'], certificate.cert)
    await expect(connectTls(stranger, new AbortController().signal)).rejects.toThrow('altnames')
  })

  test('given up, before or meanwhile, nothing stays open', async () => {
    const mute = await listen(createServer(), '127.0.0.1', 0, true)
    await expect(connectTls(service(mute.port, ['127.0.0.1']), AbortSignal.abort(new Error('no')))).rejects.toThrow(
      'no',
    )
    const patience = new AbortController()
    const attempt = connectTls(service(mute.port, ['127.0.0.1']), patience.signal)
    await expect.poll(() => mute.sockets.size).toBe(1)
    patience.abort(new Error('enough'))
    await expect(attempt).rejects.toThrow('enough')
    await expect.poll(() => mute.sockets.size).toBe(0)
  })
})

describe('where there are egress addresses', () => {
  const reached = (port: number, egress: readonly string[], turn: bigint) => {
    const to = toDohServer(`https://localhost:${port}/`, ['::1', '127.0.0.1'], certificate.cert, egress)
    return connectTls(to, new AbortController().signal, turn)
  }

  test('a service is reached from one of them, in turn', async () => {
    const { port } = await listen(tlsServer(), '127.0.0.1')
    for (const [turn, address] of ['127.0.0.8', '127.0.0.9', '127.0.0.8'].entries()) {
      const socket = await reached(port, ['127.0.0.8/31'], BigInt(turn))
      closing.push(() => socket.destroy())
      expect(socket.localAddress).toBe(address)
    }
  })

  test('it is not reached from another, nor over a family without one', async () => {
    const { port, sockets } = await listen(tlsServer(), '127.0.0.1')
    await expect(reached(port, ['2001:db8::/64'], 0n)).rejects.toThrow('EADDRNOTAVAIL')
    const four = toDohServer(`https://127.0.0.1:${port}/`, [], certificate.cert, ['::1'])
    await expect(connectTls(four, new AbortController().signal)).rejects.toThrow(
      'egress.addresses has none of the family of 127.0.0.1',
    )
    expect(sockets.size).toBe(0)
  })
})
