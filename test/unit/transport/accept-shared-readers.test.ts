import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'
import { constants } from 'node:os'
import { expect, onTestFinished, test } from 'vitest'
import { acceptSharedReaders } from '../../../src/transport/accept-shared-readers.js'
import { READ_BYTES } from '../../../src/upstream/recycled.js'
import { readAll } from '../../helpers/socket-pair.js'

const BUFFER_BYTES = 8_192

async function listening(onConnection: (socket: Socket) => void): Promise<Server> {
  const server = createServer({ allowHalfOpen: true }, onConnection).listen(0, '127.0.0.1')
  onTestFinished(() => void server.close())
  await once(server, 'listening')
  return server
}

function client(server: Server): Socket {
  const socket = connect({ host: '127.0.0.1', port: (server.address() as AddressInfo).port, allowHalfOpen: true })
  onTestFinished(() => void socket.destroy())
  return socket
}

test('connections come with what the listener promises of them, and give whole what is sent', async () => {
  const accepted: Socket[] = []
  const server = await listening(() => expect.unreachable())
  acceptSharedReaders(server, BUFFER_BYTES, (socket) => {
    accepted.push(socket)
    socket.pipe(socket)
  })
  const sent = Array.from({ length: 4 }, (_, i) => 'abcdefgh'.slice(i, i + 5).repeat(60_000 + i))
  const received = sent.map((text) => {
    const socket = client(server)
    socket.end(text)
    return readAll(socket)
  })
  expect((await Promise.all(received)).map((text, i) => text === sent[i])).toEqual([true, true, true, true])
  expect(accepted.map((socket) => [socket.allowHalfOpen, socket.writableHighWaterMark])).toEqual(
    sent.map(() => [true, BUFFER_BYTES]),
  )
})

test('they read into shared memory', async () => {
  const server = await listening(() => expect.unreachable())
  const accepted = new Promise<Socket>((resolve) => acceptSharedReaders(server, BUFFER_BYTES, resolve))
  const socket = client(server)
  const reader = await accepted
  expect([reader.remoteAddress, reader.remotePort]).toEqual(['127.0.0.1', socket.localPort])
  const memory = new Set<number>()
  reader.on('data', (chunk) => memory.add(chunk.buffer.byteLength))
  // read by Node itself it would lie in memory of just what came
  await expect
    .poll(() => {
      socket.write(Buffer.alloc(0.6 * READ_BYTES))
      return memory.has(READ_BYTES)
    })
    .toBe(true)
  reader.destroy()
})

test('a connection that could not be accepted is told as an error of the server', async () => {
  const server = await listening(() => expect.unreachable())
  acceptSharedReaders(server, BUFFER_BYTES, () => expect.unreachable())
  const failed = once(server, 'error')
  const { _handle } = server as unknown as { _handle: { onconnection(error: number): void } }
  _handle.onconnection(-constants.errno.EMFILE)
  expect((await failed)[0]).toMatchObject({ code: 'EMFILE', syscall: 'accept' })
})

test('a server without such a handle makes its own', async () => {
  const accepted: Socket[] = []
  const server = createServer((socket) => void accepted.push(socket.end('own')))
  onTestFinished(() => void server.close())
  acceptSharedReaders(server, BUFFER_BYTES, () => expect.unreachable())
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  expect(await readAll(client(server).resume())).toBe('own')
  expect(accepted.length).toBe(1)
})
