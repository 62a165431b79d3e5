import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo, Socket } from 'node:net'
import { acceptWebSocket } from './web-socket-echo.js'

export type SeenRequest = {
  readonly method: string
  readonly path: string
  readonly httpVersion: string
  readonly headers: IncomingMessage['headers']
  readonly rawHeaders: readonly string[]
  readonly bodyBytes: number
  readonly bodySha256: string
}

export type EchoOrigin = {
  readonly url: string
  readonly host: string
  readonly port: number
  /** Requests received whole, in order. */
  readonly seen: readonly SeenRequest[]
  /** Connections accepted. */
  connections: number
  close(): Promise<void>
}

export type EchoOriginOptions = {
  readonly host?: string
  readonly tls?: { readonly key: string; readonly cert: string }
  /** Answers instead of the echo; the body has been read. */
  readonly answer?: RequestListener
}

/** An origin of Node's own HTTP server: it answers with `METHOD PATH`, echoes WebSocket messages, and keeps what it was asked. */
export async function startEchoOrigin({
  host = '127.0.0.1',
  tls,
  answer,
}: EchoOriginOptions = {}): Promise<EchoOrigin> {
  const seen: SeenRequest[] = []
  const sockets = new Set<Socket>()
  const listener: RequestListener = (request, response) => {
    const hash = createHash('sha256')
    let bodyBytes = 0
    request.on('data', (chunk: Buffer) => {
      bodyBytes += chunk.length
      hash.update(chunk)
    })
    request.on('end', () => {
      seen.push({
        method: request.method ?? '',
        path: request.url ?? '',
        httpVersion: request.httpVersion,
        headers: request.headers,
        rawHeaders: request.rawHeaders,
        bodyBytes,
        bodySha256: hash.digest('hex'),
      })
      if (answer !== undefined) answer(request, response)
      else response.end(`${request.method} ${request.url}`)
    })
  }
  const server: Server = tls === undefined ? createServer(listener) : createTlsServer(tls, listener)
  server.on('upgrade', (request, socket: Socket) => acceptWebSocket(request, socket))
  server.on('connection', (socket: Socket) => {
    origin.connections++
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
  })
  server.listen(0, host)
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const shownHost = host.includes(':') ? `[${host}]` : host
  const origin: EchoOrigin = {
    url: `${tls === undefined ? 'http' : 'https'}://${shownHost}:${port}`,
    host,
    port,
    seen,
    connections: 0,
    async close() {
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
  return origin
}
