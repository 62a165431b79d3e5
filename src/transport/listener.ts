import { createServer, isIPv6, type Socket } from 'node:net'
import { requestCountsOf } from '../counts.js'
import { CannotRunError, type ErrorCode } from '../errors.js'
import type { AcceptGates } from './accept-gates.js'
import { acceptSharedReaders } from './accept-shared-readers.js'
import { type BindPlace, bind } from './bind.js'
import { ClientConnection } from './client-connection.js'
import type { ClientCounts } from './client-counts.js'
import type { TransportContext } from './context.js'
import type { OpenConnections } from './drain.js'
import { createDateField } from './reply.js'

export type ListenerOptions = {
  readonly context: TransportContext
  /** Among the listeners, from 1: names it where its address may not be told. */
  readonly position: number
  readonly place: BindPlace
  /** All open client connections of the proxy; the listener adds and removes its own. */
  readonly connections: OpenConnections
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
 * Starts to accept clients, while the gates are open.
 * @throws CannotRunError when the port is taken or may not be bound
 */
export async function listen(options: ListenerOptions & { readonly gates: AcceptGates }): Promise<Listener> {
  const { context, position, place, connections, clients, gates, giveWay } = options
  const dateField = createDateField(context.wallClock)
  const { bufferBytes } = context.limits
  const server = createServer({ allowHalfOpen: true, noDelay: true, highWaterMark: bufferBytes }, accept)
  gates.add(server)
  await bind(server, place, () => context.counts.limits.descriptors++)
  // one that was inherited was there before anything was counted
  if (!('fd' in place)) {
    context.descriptors.sockets++
    server.once('close', () => context.descriptors.sockets--)
  }
  acceptSharedReaders(server, bufferBytes, accept)
  const bound = server.address()
  if (bound === null || typeof bound === 'string') {
    server.close()
    throw new CannotRunError(
      'cannot listen on a Unix socket; give a listening TCP socket (ListenStream=127.0.0.1:3128)',
    )
  }
  const url = listenerUrl(bound.address, bound.port)

  const requests = requestCountsOf(context.counts, `http-${position}`)

  function accept(socket: Socket): void {
    const ip = plainAddress(socket.remoteAddress)
    // gone before it was accepted, or no descriptor to spare for an answer
    if (ip === undefined || context.descriptors.isScarce()) {
      if (ip !== undefined) context.counts.limits.descriptors++
      socket.destroy()
      return
    }
    // who finds that they are short still comes in; those behind wait
    const isLast = gates.isOpen && context.descriptors.isShort()
    const refusal = admitClient(context, clients, ip, gates.isOpen)
    const onClose = () => {
      connections.delete(connection)
      context.descriptors.sockets--
      if (refusal === undefined) clients.leave(ip)
    }
    const connection = new ClientConnection({
      context,
      socket,
      listener: url,
      ip,
      port: socket.remotePort ?? 0,
      requests,
      dateField,
      onClose,
    })
    connections.add(connection)
    context.descriptors.sockets++
    if (isLast) gates.setOpen(false)
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

/**
 * Counts a client that is served, or says why it is not; those turned away take nobody's place.
 * @param hasRoom there was a descriptor for it when it was accepted, whatever others have taken since
 */
export function admitClient(
  context: TransportContext,
  clients: ClientCounts,
  ip: string,
  hasRoom: boolean,
): ErrorCode | undefined {
  const { limits, counts, descriptors, pool } = context
  if (!context.policy().isClient(ip)) return 'VG_CLIENT_REFUSED'
  if (descriptors.isShort() && !hasRoom) {
    pool.clear()
    counts.limits.descriptors++
    return 'VG_CONNECTION_LIMIT'
  }
  if (clients.total >= limits.connections) {
    counts.limits.connections++
    return 'VG_CONNECTION_LIMIT'
  }
  if (clients.enter(ip, limits.perClient)) return undefined
  counts.limits.perClient++
  return 'VG_CLIENT_LIMIT'
}

/** The URL under which a bound listener is shown. */
export function listenerUrl(address: string, port: number): string {
  return `http://${isIPv6(address) ? `[${address}]` : address}:${port}`
}

/** The client's address, IPv4 also where the socket says it in IPv6. */
function plainAddress(address: string | undefined): string | undefined {
  return address?.startsWith('::ffff:') ? address.slice(7) : address
}
