import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type Server, type Socket } from 'node:net'
import { createServer as createTlsServer } from 'node:tls'
import { plantedInResponse } from './browsers.js'
import type { Certificate } from './certificate.js'
import { fieldLines } from './field-lines.js'
import { readOctets } from './octets.js'

/** What an origin received on one connection, and what it answered. */
export type Received = {
  /** Latin1. */
  readonly head: string
  readonly answer: string
  readonly address: string
  readonly port: number
}

export type Origin = {
  readonly port: number
  /** Since `forget`, in order. */
  readonly received: readonly Received[]
  forget(): void
  close(): void
}

const MAX_HEAD = 131_072
/** RFC 6455 §1.3 */
const WEBSOCKET_GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11'

/**
 * An origin on loopback that writes down each head, accepts WebSockets and plants identifiers in its answers, which hold `token`.
 *
 * @param certificate of an origin in TLS; undefined for plain http
 */
export async function startOrigin(token: string, certificate?: Certificate): Promise<Origin> {
  const received: Received[] = []
  const sockets = new Set<Socket>()
  const accept = (socket: Socket): void => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
    socket.on('error', () => socket.destroy())
    serve(socket, token, received).catch(() => socket.destroy())
  }
  const server: Server = certificate === undefined ? createServer(accept) : createTlsServer(certificate, accept)
  server.on('tlsClientError', (_error: Error, socket: Socket) => socket.destroy())
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  return {
    port: typeof address === 'object' && address !== null ? address.port : 0,
    received,
    forget() {
      received.length = 0
    },
    close() {
      server.close()
      for (const socket of sockets) socket.destroy()
    },
  }
}

/** One request a connection: whatever it came by, the next one comes by it again. */
async function serve(socket: Socket, token: string, received: Received[]): Promise<void> {
  const head = await readOctets(socket).until('\r\n\r\n', MAX_HEAD)
  const answer = answerTo(head, token)
  received.push({ head, answer, address: socket.remoteAddress ?? '', port: socket.remotePort ?? 0 })
  socket.end(answer, 'latin1')
}

function answerTo(head: string, token: string): string {
  const lines = fieldLines(head)
  const key = lines.find(({ name }) => name === 'sec-websocket-key')?.value
  const isUpgrade = lines.some(({ name, value }) => name === 'upgrade' && value.toLowerCase() === 'websocket')
  if (isUpgrade && key !== undefined) {
    const accepted = createHash('sha1').update(`${key}${WEBSOCKET_GUID}`).digest('base64')
    return `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accepted}\r\n\r\n`
  }
  const fields = plantedInResponse(token).map(([name, value]) => `${name}: ${value}\r\n`)
  return `HTTP/1.1 200 OK\r\n${fields.join('')}Content-Length: 2\r\nConnection: close\r\n\r\nok`
}
