import { once } from 'node:events'
import type { AddressInfo, Socket } from 'node:net'
import { connect as connectTls, createServer, type Server, type TLSSocket } from 'node:tls'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startRawOrigin } from '../helpers/raw-origin.js'
import { connectRaw } from '../helpers/raw-peer.js'
import { startTestProxy } from '../helpers/test-proxy.js'
import { makeCertificate } from '../helpers/tls-certificate.js'

const { key, cert } = makeCertificate()
const LINES = ['block .blocked.test']

let origin: Server
let authority: string
/** Server names that clients asked the origin for. */
let asked: (string | false)[]

beforeAll(async () => {
  asked = []
  origin = createServer({ key, cert }, (socket: TLSSocket) => {
    asked.push(socket.servername ?? false)
    socket.on('error', () => {})
    socket.pipe(socket)
  })
  origin.listen(0, '127.0.0.1')
  await once(origin, 'listening')
  authority = `127.0.0.1:${(origin.address() as AddressInfo).port}`
})
afterAll(() => void origin.close())

/** The first octets of a TLS client, as they go out. */
async function helloFor(servername: string): Promise<Buffer> {
  const listener = await startRawOrigin()
  const client = connectTls({ port: listener.port, host: '127.0.0.1', servername })
  client.on('error', () => {})
  const peer = await listener.peer(0)
  // a record: its type, its version, its length in two octets
  await peer.until(() => peer.bytes > 5 && peer.bytes >= 5 + Buffer.from(peer.received, 'latin1').readUInt16BE(3))
  client.destroy()
  return Buffer.from(peer.received, 'latin1')
}

async function shakeHands(socket: Socket, servername: string): Promise<string> {
  const client = connectTls({ socket, servername, ca: cert, checkServerIdentity: () => undefined })
  await once(client, 'secureConnect')
  client.write('inside')
  const [echo] = await once(client, 'data')
  client.destroy()
  return String(echo)
}

describe('to the port for plain text', () => {
  test('a TLS client is refused at once, and its hello is no request', async () => {
    const { port, record } = await startTestProxy({ lines: LINES })
    const client = connectTls({ port, host: '127.0.0.1', servername: 'blocked.test' })
    const [error] = await once(client, 'error')
    expect(error).toMatchObject({ code: expect.stringMatching(/WRONG_VERSION_NUMBER|ECONNRESET|PACKET_LENGTH/) })
    expect(await record(0)).toMatchObject({ status: 400 })
  })

  test.each([1, 100, Number.POSITIVE_INFINITY])(
    'a hello in pieces of %d octets gets 400 and the end',
    async (piece) => {
      const client = await (await startTestProxy({ lines: LINES })).connect()
      await client.write(await helloFor('blocked.test'), piece)
      expect((await client.readResponse()).status).toBe(400)
      await client.ended()
    },
  )
})

describe('behind CONNECT', () => {
  test('a hello reaches the origin untouched, and another server name in it changes nothing', async () => {
    const { connect } = await startTestProxy({ lines: LINES })
    const client = await connect()
    await client.write(`CONNECT ${authority} HTTP/1.1\r\nHost: x\r\n\r\n`)
    expect((await client.readHead()).status).toBe(200)
    client.socket.removeAllListeners('data')
    expect(await shakeHands(client.socket, 'blocked.test')).toBe('inside')
    expect(asked).toContain('blocked.test')
  })

  test.each([1, Number.POSITIVE_INFINITY])(
    'a hello that comes with the head, in pieces of %d octets, arrives whole',
    async (piece) => {
      const target = await startRawOrigin()
      const hello = await helloFor('first.test')
      const client = await (await startTestProxy({ lines: LINES })).connect()
      await client.write(
        Buffer.concat([Buffer.from(`CONNECT ${target.authority} HTTP/1.1\r\nHost: x\r\n\r\n`), hello]),
        piece,
      )
      expect((await client.readHead()).status).toBe(200)
      expect(await (await target.peer(0)).readBytes(hello.length)).toBe(hello.toString('latin1'))
    },
  )

  test('a hello behind a CONNECT that is refused goes nowhere, and is not read as a request', async () => {
    const target = await startRawOrigin()
    const proxy = await startTestProxy({ lines: LINES })
    const hello = await helloFor('first.test')
    const client = await connectRaw(proxy.port)
    await client.write(
      Buffer.concat([Buffer.from(`CONNECT blocked.test:${target.port} HTTP/1.1\r\nHost: x\r\n\r\n`), hello]),
    )
    expect((await client.readResponse()).status).toBe(403)
    await client.ended()
    expect(client.received).toBe('')
    expect(proxy.records).toHaveLength(1)
    expect(target.peers).toHaveLength(0)
  })
})
