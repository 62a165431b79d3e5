import { randomBytes } from 'node:crypto'
import type { Socket } from 'node:net'
import { TRUNCATED_RESPONSE } from 'dns-packet'
import { describe, expect, test } from 'vitest'
import { type BusyProxy, startBesideOthers } from '../helpers/bystanders.js'
import { questionOf, type ReplyParts, replyTo } from '../helpers/dns-reply.js'
import { type DohScript, startDohServer } from '../helpers/doh-server.js'
import { type NameServerScript, startFaultyNameServer } from '../helpers/faulty-name-server.js'
import { answering, ok, type RawOrigin, startRawOrigin } from '../helpers/raw-origin.js'
import { makeCertificate } from '../helpers/tls-certificate.js'

const certificate = makeCertificate()
/** Of one name: short where it has to pass, and beyond any delay of this machine where an answer has to be in time. */
const timeoutFor = (status: number): number => (status === 504 ? 500 : 20_000)
const NAMES = ['one.test', 'two.test'] as const
const HERE = { addresses: ['127.0.0.1'] }

const many = (count: number) => Array.from({ length: count }, (_, i) => `127.0.${i >> 8}.${(i + 1) & 255}`)

/** AAAA is said not to be there, so that what A says is what counts. */
function forA(query: Buffer, parts: ReplyParts): Buffer {
  return replyTo(query, questionOf(query).type === 'A' ? parts : {})
}

function withLength(message: Buffer): Buffer {
  const length = Buffer.alloc(2)
  length.writeUInt16BE(message.length)
  return Buffer.concat([length, message])
}

const otherId = (query: Buffer) => ({ id: (query.readUInt16BE(0) + 1) & 0xffff })
const cutShort = (query: Buffer, send: (datagram: Buffer) => void) =>
  send(replyTo(query, { flags: TRUNCATED_RESPONSE }))

type Start = (
  dns: NonNullable<NonNullable<Parameters<typeof startBesideOthers>[0]>['egress']>['dns'],
) => Promise<BusyProxy>
const start: Start = (dns) => startBesideOthers({ egress: { dns } })

/** Statuses of a request and of a tunnel, each to a name of its own. */
async function statusesOf(proxy: BusyProxy, origin: RawOrigin): Promise<readonly number[]> {
  const [asking, tunnel] = [await proxy.connect(), await proxy.connect()]
  await asking.write(`GET http://${NAMES[0]}:${origin.port}/ HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`)
  await tunnel.write(`CONNECT ${NAMES[1]}:${origin.port} HTTP/1.1\r\nHost: x\r\n\r\n`)
  const statuses = [(await asking.readResponse()).status, (await tunnel.readHead()).status]
  for (const client of [asking, tunnel]) client.close()
  for (const peer of origin.peers) peer.close()
  return statuses
}

describe('a name server', () => {
  test.each<[string, NameServerScript, number]>([
    ['never answers', { udp: () => {} }, 504],
    ['answers with another id', { udp: (query, send) => send(forA(query, { ...HERE, ...otherId(query) })) }, 504],
    [
      'answers another question',
      { udp: (query, send) => send(forA(query, { ...HERE, question: { name: 'else.test' } })) },
      504,
    ],
    ['answers with the question', { udp: (query, send) => send(query) }, 504],
    ['answers with noise', { udp: (_query, send) => send(randomBytes(40)) }, 504],
    ['answers with nothing', { udp: (_query, send) => send(Buffer.alloc(0)) }, 504],
    ['answers with half a message', { udp: (query, send) => send(forA(query, HERE).subarray(0, -2)) }, 504],
    [
      'answers wrongly a hundred times, then rightly',
      {
        udp: (query, send) => void rightAtLast(query, send),
      },
      200,
    ],
    [
      'answers twice',
      {
        udp: (query, send) => {
          for (const parts of [HERE, { rcode: 3 }]) send(forA(query, parts))
        },
      },
      200,
    ],
    ['cuts short and has nobody at TCP', { udp: cutShort }, 502],
    ['cuts short and never answers over TCP', { udp: cutShort, tcp: () => {} }, 504],
    [
      'cuts short over TCP too',
      {
        udp: cutShort,
        tcp: (query, socket) => void socket.write(withLength(forA(query, { flags: TRUNCATED_RESPONSE }))),
      },
      502,
    ],
    ['cuts short and closes TCP', { udp: cutShort, tcp: (_query, socket) => void socket.end() }, 502],
    ['cuts short and resets TCP', { udp: cutShort, tcp: (_query, socket) => void socket.resetAndDestroy() }, 502],
    [
      'cuts short and announces much over TCP',
      { udp: cutShort, tcp: (_query, socket) => void socket.write(Buffer.from([255, 255])) },
      502,
    ],
    [
      'cuts short and floods over TCP',
      { udp: cutShort, tcp: (_query, socket) => floodWith(socket, Buffer.alloc(65_536)) },
      502,
    ],
    [
      'cuts short and answers another question over TCP',
      {
        udp: cutShort,
        tcp: (query, socket) =>
          void socket.write(withLength(forA(query, { ...HERE, question: { name: 'else.test' } }))),
      },
      502,
    ],
    [
      'cuts short and answers octet by octet over TCP',
      { udp: cutShort, tcp: (query, socket) => void drip(socket, withLength(forA(query, HERE))) },
      200,
    ],
    [
      'has hundreds of records',
      { udp: cutShort, tcp: (query, socket) => void socket.write(withLength(forA(query, { addresses: many(600) }))) },
      200,
    ],
    [
      'has as many records as a message takes',
      { udp: cutShort, tcp: (query, socket) => void socket.write(withLength(forA(query, { addresses: many(2_700) }))) },
      502,
    ],
  ])('that %s', async (_what, script, status) => {
    const origin = await startRawOrigin(answeringBoth)
    const proxy = await start({ timeoutMs: timeoutFor(status), servers: [await startFaultyNameServer(script)] })
    expect(await statusesOf(proxy, origin)).toEqual([status, status])
    await proxy.expectNothingOpen()
  })

  test('that answers too late is asked again, and what comes late harms nobody', async () => {
    const origin = await startRawOrigin(answeringBoth)
    const late: (() => void)[] = []
    let isLate = true
    const address = await startFaultyNameServer({
      udp(query, send) {
        const answer = () => send(forA(query, HERE))
        if (isLate) late.push(answer)
        else answer()
      },
    })
    const proxy = await start({ timeoutMs: 1_000, servers: [address] })
    expect(await statusesOf(proxy, origin)).toEqual([504, 504])
    for (const answer of late) answer()
    isLate = false
    expect(await statusesOf(proxy, origin)).toEqual([200, 200])
    await proxy.expectNothingOpen()
  })
})

describe('a service for DNS over HTTPS', () => {
  const body = (bytes: Buffer): DohScript => ({ body: bytes })

  test.each<[string, (query: Buffer) => DohScript, number]>([
    ['never answers', () => ({ never: true }), 504],
    ['answers with another id', () => ({ ...HERE, id: 7 }), 502],
    ['answers another question', () => ({ ...HERE, question: { name: 'else.test' } }), 502],
    ['answers with the question', (query) => body(query), 502],
    ['answers with noise', () => body(randomBytes(40)), 502],
    ['answers with nothing', () => body(Buffer.alloc(0)), 502],
    ['answers with half a message', (query) => body(replyTo(query, HERE).subarray(0, -2)), 502],
    ['cuts short', () => ({ flags: TRUNCATED_RESPONSE }), 502],
    ['resets', () => ({ reset: 'head' }), 502],
    ['closes its connection', () => ({ reset: 'connection' }), 502],
    ['closes its connection within an answer', () => ({ ...HERE, reset: 'body' }), 502],
    ['has hundreds of records', () => ({ addresses: many(600) }), 200],
    ['has ten thousand records', () => ({ addresses: many(10_000) }), 502],
    ['answers with megabytes', () => body(Buffer.alloc(2 * 1_048_576)), 502],
  ])('that %s', async (_what, script, status) => {
    const origin = await startRawOrigin(answeringBoth)
    const service = await startDohServer({
      certificate,
      answer: ({ question, message }) => (question.startsWith('AAAA') && status === 200 ? {} : script(message)),
    })
    const proxy = await start({
      timeoutMs: timeoutFor(status),
      mode: 'doh',
      doh: { url: service.url, bootstrap: ['127.0.0.1'], ca: certificate.file },
    })
    expect(await statusesOf(proxy, origin)).toEqual([status, status])
    expect(service.connections.open).toBeLessThanOrEqual(1)
    await proxy.expectNothingOpen()
  })
})

function floodWith(socket: Socket, block: Buffer): void {
  const more = (): void => {
    if (!socket.destroyed) socket.write(block, () => setImmediate(more))
  }
  more()
}

const answeringBoth = answering(ok('x'))

/** Not all at once: a socket keeps only so many datagrams that nobody has read. */
async function rightAtLast(query: Buffer, send: (datagram: Buffer) => void): Promise<void> {
  for (let i = 0; i < 50; i++) {
    send(forA(query, { addresses: ['192.0.2.1'], ...otherId(query) }))
    send(randomBytes(60))
    await new Promise((resolve) => setImmediate(resolve))
  }
  send(forA(query, HERE))
}

async function drip(socket: Socket, data: Buffer): Promise<void> {
  for (const octet of data) {
    socket.write(Buffer.from([octet]))
    await new Promise((resolve) => setImmediate(resolve))
  }
}
