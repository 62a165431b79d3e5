import { once } from 'node:events'
import { createServer, type Socket } from 'node:net'
import { TRUNCATED_RESPONSE } from 'dns-packet'
import { expect, onTestFinished, test } from 'vitest'
import { askOverTcp } from '../../../../src/upstream/dns/ask-over-tcp.js'
import { encodeQuery, type ReceivedReply } from '../../../../src/upstream/dns/message.js'
import type { ServerAddress } from '../../../../src/upstream/dns/server-address.js'
import { replyTo } from '../../../helpers/dns-reply.js'

const QUESTION = { id: 4711, host: 'a.test', type: 'A' } as const

async function listen(
  onQuery: (query: Buffer, socket: Socket) => void,
): Promise<ServerAddress & { open: Set<Socket> }> {
  const open = new Set<Socket>()
  const server = createServer((socket) => {
    open.add(socket)
    socket.on('error', () => {})
    socket.on('close', () => open.delete(socket))
    let received = Buffer.alloc(0)
    socket.on('data', (chunk) => {
      received = Buffer.concat([received, chunk])
      if (received.length >= 2 && received.length === 2 + received.readUInt16BE(0))
        onQuery(received.subarray(2), socket)
    })
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  onTestFinished(() => {
    for (const socket of open) socket.destroy()
    server.close()
  })
  const address = server.address()
  return { address: '127.0.0.1', port: typeof address === 'object' && address !== null ? address.port : 0, open }
}

function framed(message: Buffer, length = message.length): Buffer {
  const head = Buffer.alloc(2)
  head.writeUInt16BE(length)
  return Buffer.concat([head, message])
}

function ask(server: ServerAddress): Promise<ReceivedReply | undefined> {
  return new Promise((resolve) => askOverTcp(server, QUESTION, resolve))
}

test('the length stands before the message both ways, however the answer arrives', async () => {
  const seen: Buffer[] = []
  const server = await listen((query, socket) => {
    seen.push(query)
    const answer = framed(replyTo(query, { addresses: ['192.0.2.1', '192.0.2.2'] }))
    const pieces = [answer.subarray(0, 1), answer.subarray(1, 20), answer.subarray(20)]
    const sendNext = () => {
      const piece = pieces.shift()
      if (piece !== undefined) socket.write(piece, () => setImmediate(sendNext))
    }
    sendNext()
  })
  expect((await ask(server))?.addresses).toEqual(['192.0.2.1', '192.0.2.2'])
  expect(seen).toEqual([encodeQuery(QUESTION, false)])
  await expect.poll(() => server.open.size).toBe(0)
})

test.each<[string, (query: Buffer, socket: Socket) => void]>([
  ['ends without an answer', (_, socket) => socket.end()],
  ['ends in the middle', (query, socket) => socket.end(framed(replyTo(query)).subarray(0, 9))],
  ['resets', (_, socket) => socket.resetAndDestroy()],
  ['answers another question', (query, socket) => socket.write(framed(replyTo(query, { id: 1 })))],
  [
    'says that the answer is cut short once more',
    (query, socket) => socket.write(framed(replyTo(query, { flags: TRUNCATED_RESPONSE }))),
  ],
  ['announces more than is read', (query, socket) => socket.write(framed(replyTo(query), 60_000))],
])('a server that %s gives no answer', async (_, onQuery) => {
  const server = await listen(onQuery)
  expect(await ask(server)).toBeUndefined()
  await expect.poll(() => server.open.size).toBe(0)
})

test('hears that nobody listens', async () => {
  expect(await ask({ address: '127.0.0.1', port: 1 })).toBeUndefined()
})

test('stopped it says nothing and leaves nothing open', async () => {
  let asked = 0
  const server = await listen(() => {
    asked++
  })
  const stop = askOverTcp(server, QUESTION, () => expect.unreachable())
  await expect.poll(() => asked).toBe(1)
  stop()
  await expect.poll(() => server.open.size).toBe(0)
})
