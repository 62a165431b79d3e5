import { once } from 'node:events'
import { createServer as createTcpServer } from 'node:net'
import type { TLSSocket } from 'node:tls'
import { describe, expect, onTestFinished, test } from 'vitest'
import { openConnection } from '../../../src/subscriptions/open-connection.js'
import { openEgress } from '../../helpers/list-egress.js'
import { startListServer } from '../../helpers/list-server.js'
import { startRawOrigin, unusedPort } from '../../helpers/raw-origin.js'
import { makeCertificate } from '../../helpers/tls-certificate.js'

const certificate = makeCertificate()
const signal = new AbortController().signal
const trusted = { signal, ca: certificate.cert }
const plain = { signal, ca: undefined }

describe('without TLS', () => {
  test('goes through the dialer it is given', async () => {
    const { url } = await startRawOrigin()
    const socket = await openConnection(new URL(url), openEgress(), plain)
    expect(socket.remoteAddress).toBe('127.0.0.1')
    socket.destroy()
  })

  test('an address that the guard refuses is not connected to', async () => {
    const { url } = await startListServer()
    await expect(openConnection(new URL(url), openEgress({ allow: [] }), plain)).rejects.toMatchObject({
      code: 'VG_ADDRESS_PROHIBITED',
    })
  })

  test.each([
    ['http://127.0.0.1/', 'http', 80],
    ['http://127.0.0.1:8080/', 'http', 8080],
    ['https://127.0.0.1/', 'https', 443],
    ['https://[::1]:8443/', 'https', 8443],
  ])('%s asks whether the port of %s is open: %i', async (url, scheme, port) => {
    const asked: unknown[] = []
    const isPortOpen = (...question: unknown[]) => {
      asked.push(question)
      return false
    }
    await expect(openConnection(new URL(url), openEgress({ isPortOpen }), plain)).rejects.toThrow(
      `port ${port} is not open for targets (egress.${scheme === 'https' ? 'connectPorts' : 'httpPorts'} opens it)`,
    )
    expect(asked).toEqual([[scheme, port]])
  })

  test('says what a failed dial says', async () => {
    const url = new URL(`http://127.0.0.1:${await unusedPort()}`)
    await expect(openConnection(url, openEgress(), plain)).rejects.toMatchObject({ code: 'VG_ORIGIN_REFUSED' })
  })

  test('stops when it is told to, before and while it dials', async () => {
    const stop = new AbortController()
    let cancelled = 0
    const dial = () => () => {
      cancelled++
    }
    const opened = openConnection(new URL('http://127.0.0.1'), openEgress({ dial }), { ...plain, signal: stop.signal })
    stop.abort(new Error('enough'))
    await expect(opened).rejects.toThrow('enough')
    await expect(
      openConnection(new URL('http://127.0.0.1'), openEgress({ dial }), { ...plain, signal: stop.signal }),
    ).rejects.toThrow('enough')
    expect(cancelled).toBe(2)
  })
})

describe('with TLS', () => {
  test.each(['localhost', '127.0.0.1'])('the certificate is checked for %s by the authorities given', async (host) => {
    const { port } = await startListServer(certificate)
    const url = new URL(`https://${host}:${port}`)
    const socket = (await openConnection(url, openEgress(), trusted)) as TLSSocket
    expect(socket.authorized).toBe(true)
    expect(socket.alpnProtocol).toBe('http/1.1')
    socket.destroy()
    await expect(openConnection(url, openEgress(), plain)).rejects.toMatchObject({
      code: 'DEPTH_ZERO_SELF_SIGNED_CERT',
    })
  })

  test('a certificate for another name is refused, whatever the environment says', async () => {
    const { port } = await startListServer(certificate)
    const dial = openEgress().dial
    const elsewhere: typeof dial = (target, done) => dial({ ...target, host: '127.0.0.1', family: 4 }, done)
    process.env.NODE_TLS_REJECT_UNAUTHORIZED = '0'
    onTestFinished(() => {
      delete process.env.NODE_TLS_REJECT_UNAUTHORIZED
    })
    await expect(
      openConnection(new URL(`https://lists.test:${port}`), openEgress({ dial: elsewhere }), trusted),
    ).rejects.toMatchObject({ code: 'ERR_TLS_CERT_ALTNAME_INVALID' })
  })

  test('a server that closes in the middle, and one that is silent until told to stop', async () => {
    const closing = createTcpServer((socket) => void socket.on('error', () => {}).end()).listen(0, '127.0.0.1')
    await once(closing, 'listening')
    const address = closing.address()
    const port = typeof address === 'object' ? address?.port : 0
    await expect(openConnection(new URL(`https://127.0.0.1:${port}`), openEgress(), trusted)).rejects.toThrow(
      /broke off|disconnected|socket hang up|ECONNRESET/,
    )
    closing.close()

    const silent = await startRawOrigin()
    const stop = new AbortController()
    const opened = openConnection(new URL(`https://127.0.0.1:${silent.port}`), openEgress(), {
      ...trusted,
      signal: stop.signal,
    })
    const peer = await silent.peer(0)
    stop.abort(new Error('enough'))
    await expect(opened).rejects.toThrow('enough')
    expect(await peer.closed()).not.toBe('open')
  })
})
