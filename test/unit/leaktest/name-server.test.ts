import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { connect } from 'node:http2'
import { describe, expect, onTestFinished, test } from 'vitest'
import { makeCertificate } from '../../../src/leaktest/certificate.js'
import { type NameServer, startDohService, startNameServer } from '../../../src/leaktest/name-server.js'
import { encodeQuery, readReply } from '../../../src/upstream/dns/message.js'

const QUESTION = { id: 7, host: 'a.example', type: 'A' } as const
const portOf = ({ address }: NameServer): number => Number(address.split(':')[1])

/** Sends datagrams and takes the first that comes back. */
async function ask(server: NameServer, ...messages: readonly Buffer[]): Promise<Buffer> {
  const socket = createSocket('udp4')
  onTestFinished(() => void socket.close())
  for (const message of messages) socket.send(message, portOf(server), '127.0.0.1')
  const [reply] = await once(socket, 'message')
  return reply
}

async function nameServer(): Promise<NameServer> {
  const server = await startNameServer()
  onTestFinished(() => server.close())
  return server
}

describe('a name server', () => {
  test('says that every name is here, and writes down which were asked for and whence', async () => {
    const server = await nameServer()
    const reply = readReply(await ask(server, encodeQuery(QUESTION, false)), QUESTION)
    expect(reply).toMatchObject({ addresses: ['127.0.0.1'], isTruncated: false })
    expect([server.names, server.askers]).toEqual([['a.example'], ['127.0.0.1']])
    server.forget()
    expect([server.names, server.askers]).toEqual([[], []])
  })

  test('has no IPv6 address', async () => {
    const question = { ...QUESTION, type: 'AAAA' } as const
    const reply = readReply(await ask(await nameServer(), encodeQuery(question, false)), question)
    expect(reply).toMatchObject({ addresses: [], failure: 'NODATA' })
  })

  test('passes over what is no question', async () => {
    const server = await nameServer()
    const query = encodeQuery(QUESTION, false)
    const broken = [Buffer.alloc(0), query.subarray(0, 15), query.subarray(0, 24), Buffer.alloc(20, 0xc0)]
    await ask(server, ...broken, query)
    expect(server.names).toEqual(['a.example'])
  })
})

describe('a service over HTTPS', () => {
  const certificate = makeCertificate(Date.now())

  async function service() {
    const server = await startDohService(certificate)
    onTestFinished(() => server.close())
    const session = connect(`https://${server.address}`, { ca: certificate.cert })
    onTestFinished(() => session.destroy())
    const post = async (message: Buffer) => {
      const stream = session.request({ ':method': 'POST', ':path': '/dns-query' })
      stream.end(message)
      const [headers] = await once(stream, 'response')
      const pieces: Buffer[] = []
      for await (const piece of stream) pieces.push(piece)
      return { status: headers[':status'], message: Buffer.concat(pieces) }
    }
    return { server, session, post }
  }

  test('answers the same', async () => {
    const { server, post } = await service()
    const { status, message } = await post(encodeQuery(QUESTION, true))
    expect(status).toBe(200)
    expect(readReply(message, QUESTION)).toMatchObject({ addresses: ['127.0.0.1'] })
    expect([server.names, server.askers]).toEqual([['a.example'], ['127.0.0.1']])
  })

  test('refuses what is no question, and goes on after one that was given up', async () => {
    const { server, session, post } = await service()
    expect((await post(Buffer.from('x'))).status).toBe(400)
    const given = session.request({ ':method': 'POST', ':path': '/dns-query' })
    given.write(Buffer.from('x'))
    given.close(8)
    await once(given, 'close')
    expect((await post(encodeQuery(QUESTION, true))).status).toBe(200)
    expect(server.names).toEqual(['a.example'])
  })

  test('ends its connections when it closes', async () => {
    const { server, session, post } = await service()
    await post(encodeQuery(QUESTION, true))
    const closed = once(session, 'close')
    server.close()
    await closed
  })
})
