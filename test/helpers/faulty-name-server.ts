import { createSocket } from 'node:dgram'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { onTestFinished } from 'vitest'

/** What a name server does with a question. Whatever `send` gets goes out as it is. */
export type NameServerScript = {
  readonly udp: (query: Buffer, send: (datagram: Buffer) => void) => void
  /** Over TCP, with its length in front; nothing listens there where it is not given. */
  readonly tcp?: (query: Buffer, socket: Socket) => void
}

/** A name server on 127.0.0.1 that answers anything at all, stopped when the test ends. */
export async function startFaultyNameServer({ udp, tcp }: NameServerScript): Promise<string> {
  for (;;) {
    const datagrams = createSocket('udp4')
    await new Promise<void>((resolve) => datagrams.bind(0, '127.0.0.1', resolve))
    const { port } = datagrams.address()
    if (tcp === undefined || (await listenAt(port, tcp))) {
      datagrams.on('message', (query, from) =>
        udp(query, (datagram) => datagrams.send(datagram, from.port, from.address)),
      )
      onTestFinished(() => void datagrams.close())
      return `127.0.0.1:${port}`
    }
    datagrams.close()
  }
}

/** False where the port is taken. */
async function listenAt(port: number, answer: NonNullable<NameServerScript['tcp']>): Promise<boolean> {
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => {})
    socket.on('close', () => sockets.delete(socket))
    socket.once('data', (data) => answer(data.subarray(2), socket))
  })
  const bound = await new Promise<boolean>((resolve) => {
    server.once('error', () => resolve(false))
    server.listen(port, '127.0.0.1', () => resolve((server.address() as AddressInfo).port === port))
  })
  onTestFinished(() => {
    server.close()
    for (const socket of sockets) socket.destroy()
  })
  return bound
}
