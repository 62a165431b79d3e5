import { type AddressInfo, createServer } from 'node:net'
import { onTestFinished } from 'vitest'
import { RawPeer } from './raw-peer.js'

/** What an origin does with one connection. */
export type OriginScript = (peer: RawPeer, index: number) => Promise<void> | void

export type RawOrigin = {
  readonly port: number
  /** `127.0.0.1:port`, or the address that was given */
  readonly authority: string
  /** `http://127.0.0.1:port` */
  readonly url: string
  /** Every connection accepted, in order. */
  readonly peers: readonly RawPeer[]
  /** Connections that are not closed. */
  readonly open: number
  /** The connection with this index, once it has come. */
  peer(index: number): Promise<RawPeer>
  /** Takes no more connections; those open stay. */
  stop(): Promise<void>
}

/** An origin (on 127.0.0.1 unless told otherwise) that follows a script. A script that fails because its connection closed is fine. */
export async function startRawOrigin(script: OriginScript = () => {}, host = '127.0.0.1'): Promise<RawOrigin> {
  const peers: RawPeer[] = []
  const waiting: (() => void)[] = []
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
    const peer = new RawPeer(socket)
    const index = peers.push(peer) - 1
    for (const wake of waiting.splice(0)) wake()
    // a script ends with its connection: whatever it still waited for is not coming
    Promise.resolve(script(peer, index)).catch((error: unknown) => {
      if (!peer.isClosed) peer.socket.destroy(error instanceof Error ? error : undefined)
    })
  })
  await new Promise<void>((resolve) => server.listen({ host, port: 0, backlog: 4_096 }, resolve))
  const { port } = server.address() as AddressInfo
  const stop = () => new Promise<void>((resolve) => server.close(() => resolve()))
  onTestFinished(() => {
    server.close()
    for (const { socket } of peers) socket.destroy()
  })

  return {
    port,
    authority: `${host.includes(':') ? `[${host}]` : host}:${port}`,
    url: `http://${host.includes(':') ? `[${host}]` : host}:${port}`,
    peers,
    get open() {
      return peers.filter(({ isClosed }) => !isClosed).length
    },
    async peer(index) {
      for (;;) {
        const peer = peers[index]
        if (peer !== undefined) return peer
        await new Promise<void>((resolve) => waiting.push(resolve))
      }
    },
    stop,
  }
}

/** Answers each request on a connection with `answer`, as bytes; ends when the connection does. */
export function answering(answer: string | ((startLine: string, body: string, index: number) => string)): OriginScript {
  return async (peer) => {
    for (let index = 0; ; index++) {
      const { startLine, body } = await peer.readRequest()
      await peer.write(typeof answer === 'string' ? answer : answer(startLine, body, index))
    }
  }
}

/** A response of HTTP/1.1 with a length. */
export function ok(body: string, fields = ''): string {
  return `HTTP/1.1 200 OK\r\n${fields}Content-Length: ${body.length}\r\n\r\n${body}`
}

/** A port of 127.0.0.1 on which nothing listens. */
export async function unusedPort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise<void>((resolve) => server.close(() => resolve()))
  return port
}
