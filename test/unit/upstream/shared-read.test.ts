import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { SHARED_READ } from '../../../src/upstream/shared-read.js'

/** Sockets that read into shared memory, and who writes to each. */
async function connections(count: number): Promise<(readonly [reader: Socket, writer: Socket])[]> {
  const server = createServer({ allowHalfOpen: true }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const pairs: (readonly [Socket, Socket])[] = []
  for (let i = 0; i < count; i++) {
    const accepted = once(server, 'connection')
    const reader = connect({ host: '127.0.0.1', port, allowHalfOpen: true, onread: SHARED_READ })
    const [writer] = (await accepted) as [Socket]
    pairs.push([reader, writer])
  }
  server.close()
  onTestFinished(() => {
    for (const socket of pairs.flat()) socket.destroy()
  })
  return pairs
}

function collect(socket: Socket): Promise<Buffer> {
  const chunks: Buffer[] = []
  socket.on('data', (chunk) => void chunks.push(chunk))
  return once(socket, 'end').then(() => Buffer.concat(chunks))
}

function numbered(length: number, seed: number): Buffer {
  const period = Uint8Array.from({ length: 251 }, (_, i) => (i * 7 + seed) % 251)
  return Buffer.alloc(length, period)
}

test('what one socket brings is not overwritten by what another does', async () => {
  const pairs = await connections(8)
  const sent = pairs.map((_, i) => numbered(300_000 + i, i))
  const received = pairs.map(([reader]) => collect(reader))
  pairs.forEach(([, writer], i) => void writer.end(sent[i] ?? ''))
  for (const [i, octets] of (await Promise.all(received)).entries()) expect(octets.equals(sent[i] as Buffer)).toBe(true)
})

test('a socket that does not flow keeps what came before it was paused, in order', async () => {
  const [[reader, writer] = []] = await connections(1)
  if (reader === undefined || writer === undefined) throw new Error('no connection')
  writer.write('one')
  const [first] = (await once(reader, 'data')) as [Buffer]
  reader.pause()
  reader.removeAllListeners('data')
  // as a handshake gives back what was not its own
  reader.unshift(Buffer.from('back '))
  writer.end(numbered(200_000, 3))
  expect(first.toString()).toBe('one')
  const rest = collect(reader)
  reader.resume()
  expect((await rest).equals(Buffer.concat([Buffer.from('back '), numbered(200_000, 3)]))).toBe(true)
})

test('a paused reader makes its writer wait', async () => {
  const [[reader, writer] = []] = await connections(1)
  if (reader === undefined || writer === undefined) throw new Error('no connection')
  let received = 0
  reader.on('data', (chunk) => {
    received += chunk.length
    reader.pause()
  })
  const octets = 32_000_000
  let isFlushed = false
  writer.write(Buffer.alloc(octets), () => {
    isFlushed = true
  })
  await once(reader, 'data')
  expect([isFlushed, received < octets]).toEqual([false, true])
  reader.removeAllListeners('data')
  const rest = collect(reader)
  reader.resume()
  writer.end()
  expect((await rest).length + received).toBe(octets)
  expect(isFlushed).toBe(true)
})
