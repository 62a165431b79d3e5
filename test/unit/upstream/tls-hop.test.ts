import { type AddressInfo, connect, createServer as createTcpServer, type Socket } from 'node:net'
import { createServer, type TlsOptions } from 'node:tls'
import { expect, onTestFinished, test } from 'vitest'
import type { ProxyError } from '../../../src/errors.js'
import { type Hop, parseHop } from '../../../src/policy/hop.js'
import { secureHop } from '../../../src/upstream/tls-hop.js'
import { eventually } from '../../helpers/raw-peer.js'
import { readAll } from '../../helpers/socket-pair.js'
import { makeCertificate } from '../../helpers/tls-certificate.js'

const certificate = makeCertificate()

async function parent(
  options: TlsOptions = certificate,
  onSecure: (socket: Socket) => void = (socket) => socket.end('hi'),
) {
  const names: (string | false | null)[] = []
  const server = createServer(options, (socket) => {
    names.push(socket.servername)
    socket.on('error', () => {})
    onSecure(socket)
  })
  server.on('tlsClientError', (_error, socket) => socket.destroy())
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.close()
  })
  return { port: (server.address() as AddressInfo).port, names }
}

async function secured(port: number, ca: string | undefined, host = '127.0.0.1') {
  const bare = connect({ port, host: '127.0.0.1', allowHalfOpen: true })
  await new Promise((resolve) => bare.once('connect', resolve))
  const hop = parseHop(`https://${host}:${port}`) as Hop
  const outcome = await new Promise<{ error: ProxyError | null; socket: Socket }>((resolve) =>
    secureHop(bare, hop, ca, (error, socket) => {
      socket.on('error', () => {})
      resolve({ error, socket })
    }),
  )
  onTestFinished(() => {
    bare.destroy()
  })
  return { ...outcome, bare }
}

test('a certificate of the authority that is given, for the address or the name of the hop', async () => {
  const { port, names } = await parent()
  for (const host of ['127.0.0.1', 'localhost']) {
    const { error, socket } = await secured(port, certificate.cert, host)
    expect(error).toBeNull()
    expect(await readAll(socket.resume())).toBe('hi')
  }
  expect(names).toEqual([false, 'localhost'])
})

test('of nobody we know, or for another name, it is not spoken to', async () => {
  const { port } = await parent()
  expect((await secured(port, undefined)).error).toMatchObject({
    code: 'VG_UPSTREAM_UNAVAILABLE',
    detail: 'no TLS with it (DEPTH_ZERO_SELF_SIGNED_CERT)',
  })
  expect((await secured(port, certificate.cert, 'other.test')).error?.detail).toContain('ERR_TLS_CERT_ALTNAME_INVALID')
})

test('NODE_TLS_REJECT_UNAUTHORIZED does not turn that off', async () => {
  const { port } = await parent()
  process.env.NODE_TLS_REJECT_UNAUTHORIZED = '0'
  onTestFinished(() => {
    delete process.env.NODE_TLS_REJECT_UNAUTHORIZED
  })
  expect((await secured(port, undefined)).error).not.toBeNull()
})

test('what does not speak TLS, and what breaks off', async () => {
  const plain = createTcpServer((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'))
  const gone = createTcpServer((socket) => socket.destroy())
  for (const server of [plain, gone]) {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    onTestFinished(() => {
      server.close()
    })
    const { error } = await secured((server.address() as AddressInfo).port, certificate.cert)
    expect(error?.code).toBe('VG_UPSTREAM_UNAVAILABLE')
  }
})

test('destroyed within its own callback it takes the connection below with it', async () => {
  const { port } = await parent(certificate, () => {})
  const bare = connect({ port, host: '127.0.0.1', allowHalfOpen: true })
  await new Promise((resolve) => bare.once('connect', resolve))
  secureHop(bare, parseHop(`https://127.0.0.1:${port}`) as Hop, certificate.cert, (_error, socket) => {
    socket.on('error', () => {})
    socket.destroy()
  })
  await eventually(() => bare.closed)
})

test('a cancel is heard of no more', async () => {
  const { port } = await parent()
  const bare = connect({ port, host: '127.0.0.1', allowHalfOpen: true })
  await new Promise((resolve) => bare.once('connect', resolve))
  const dones: unknown[] = []
  secureHop(bare, parseHop(`https://127.0.0.1:${port}`) as Hop, certificate.cert, (error) => dones.push(error))()
  await eventually(() => bare.closed)
  expect(dones).toEqual([])
})
