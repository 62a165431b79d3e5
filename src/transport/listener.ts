import { type AddressInfo, createServer, isIPv6, type Server, type Socket } from 'node:net'
import { CannotRunError, type ErrorCode } from '../errors.js'
import { ClientConnection } from './client-connection.js'
import type { ClientCounts } from './client-counts.js'
import type { TransportContext } from './context.js'
import type { OpenConnection } from './drain.js'
import { createDateField } from './reply.js'

export type ListenerOptions = {
  readonly context: TransportContext
  readonly host: string
  readonly port: number
  /** All open client connections of the proxy; the listener adds and removes its own. */
  readonly connections: Set<OpenConnection>
  /** Connections per client, over all listeners. */
  readonly clients: ClientCounts
  /** Called after each client that was let in: other processes that accept at the same port may have the next one. */
  readonly giveWay?: () => void
}

export type Listener = {
  /** `http://127.0.0.1:3128`, with the port that was taken. */
  readonly url: string
  readonly address: string
  readonly port: number
  /** Takes no more clients; those connected stay. */
  close(): Promise<void>
}

/**
 * Starts to accept clients.
 * @throws CannotRunError when the port is taken or may not be bound
 */
export async function listen(options: ListenerOptions): Promise<Listener> {
  const { context, host, port, connections, clients, giveWay } = options
  const dateField = createDateField(context.wallClock)
  const server = createServer({ allowHalfOpen: true, noDelay: true }, accept)
  await bind(server, host, port)
  const bound = server.address() as AddressInfo
  const url = listenerUrl(bound.address, bound.port)

  function accept(socket: Socket): void {
    const ip = plainAddress(socket.remoteAddress)
    // gone before it was accepted: there is nobody to answer
    if (ip === undefined) {
      socket.destroy()
      return
    }
    const refusal = admitClient(context, clients, ip)
    const onClose = () => {
      connections.delete(connection)
      if (refusal === undefined) clients.leave(ip)
    }
    const connection = new ClientConnection({
      context,
      socket,
      listener: url,
      ip,
      port: socket.remotePort ?? 0,
      dateField,
      onClose,
    })
    connections.add(connection)
    if (refusal !== undefined) connection.turnAway(refusal)
    giveWay?.()
  }

  return {
    url,
    address: bound.address,
    port: bound.port,
    close: () => new Promise((resolve) => server.close(() => resolve())),
  }
}

/** Counts a client that is served, or says why it is not; those turned away take nobody's place. */
export function admitClient(context: TransportContext, clients: ClientCounts, ip: string): ErrorCode | undefined {
  const { limits } = context
  if (!context.policy().isClient(ip)) return 'VG_CLIENT_REFUSED'
  if (clients.total >= limits.connections) return 'VG_CONNECTION_LIMIT'
  return clients.enter(ip, limits.perClient) ? undefined : 'VG_CLIENT_LIMIT'
}

/** The URL under which a bound listener is shown. */
export function listenerUrl(address: string, port: number): string {
  return `http://${isIPv6(address) ? `[${address}]` : address}:${port}`
}

function bind(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      reject(new CannotRunError(bindFault(error, host, port), { cause: error }))
    })
    server.listen({ host, port, backlog: 4_096 }, () => {
      server.removeAllListeners('error')
      // EMFILE and the like while accepting: the connection is lost, the proxy goes on
      server.on('error', () => {})
      resolve()
    })
  })
}

/** Why an address could not be bound, and what to do about it. */
export function bindFault(
  { code, message }: Pick<NodeJS.ErrnoException, 'code' | 'message'>,
  host: string,
  port: number,
): string {
  const place = `${host}:${port}`
  if (code === 'EADDRINUSE')
    return `cannot listen on ${place}: the port is taken; stop what uses it or choose another port`
  if (code === 'EACCES')
    return `cannot listen on ${place}: permission denied; ports below 1024 need root or CAP_NET_BIND_SERVICE`
  if (code === 'EADDRNOTAVAIL') return `cannot listen on ${place}: this machine has no such address`
  return `cannot listen on ${place}: ${message}`
}

/** The client's address, IPv4 also where the socket says it in IPv6. */
function plainAddress(address: string | undefined): string | undefined {
  return address?.startsWith('::ffff:') ? address.slice(7) : address
}
