import { lookup } from 'node:dns/promises'
import { closeSync } from 'node:fs'
import { isIP, type Socket } from 'node:net'
import { requestCountsOf } from '../counts.js'
import { CannotRunError, type ErrorCode } from '../errors.js'
import { openAccepted } from './accept-shared-readers.js'
import { bindFault } from './bind.js'
import { ClientConnection } from './client-connection.js'
import { admitClient, type Listener, type ListenerOptions, listenerUrl } from './listener.js'
import type { SocketId } from './native-addon.js'
import { NativeConnection, type NativeHost } from './native-connection.js'
import type { EdgeDoor, NativeEdge } from './native-edge.js'
import { createDateField } from './reply.js'

export type NativeListenerOptions = ListenerOptions & {
  readonly place: { readonly host: string; readonly port: number }
  readonly edge: NativeEdge
  readonly dial: NativeHost['dial']
  readonly reaches: NativeHost['reaches']
  /** A descriptor that listens at host and port, inherited; without it one is opened. */
  readonly descriptor?: number
}

/**
 * Starts to accept clients in the native edge.
 * @throws CannotRunError when the port is taken or may not be bound
 */
export async function listenNatively(options: NativeListenerOptions): Promise<Listener> {
  const { context, position, connections, clients, edge, dial, reaches, descriptor, giveWay } = options
  const { host: name, port: wantedPort } = options.place
  const dateField = createDateField(context.wallClock)
  const { bufferBytes } = context.limits
  const address = isIP(name) === 0 ? (await lookup(name)).address : name
  const door: EdgeDoor = { accept, adopt: adoptSpoken }
  const bound = descriptor === undefined ? edge.listen(address, wantedPort, door) : edge.listenAt(descriptor, door)
  if (typeof bound === 'string') {
    throw new CannotRunError(bindFault({ code: bound, message: bound }, { host: address, port: wantedPort }))
  }
  const requests = requestCountsOf(context.counts, `http-${position}`)
  const url = listenerUrl(address, bound.port)
  const host: NativeHost = {
    context,
    edge,
    listener: url,
    requests,
    dial,
    reaches,
    adopt: (fd, ip, port, bornAt) => adopt(fd, ip, port, bornAt),
    forget(connection, isGone) {
      connections.delete(connection)
      if (isGone) clients.leave(connection.ip)
    },
  }
  let headLimit = 0

  function passHeadLimit(): void {
    const { headBytes } = context.limits
    if (headLimit === headBytes) return
    headLimit = headBytes
    edge.setHeadLimit(headBytes)
  }

  function accept(id: SocketId, ip: string, port: number): NativeConnection | undefined {
    passHeadLimit()
    const refusal = admitClient(context, clients, ip, true)
    if (refusal !== undefined) {
      // no descriptor to spare, not even for an answer
      if (context.descriptors.isScarce()) edge.close(id, false)
      else turnAway(id, ip, port, refusal)
      return undefined
    }
    const connection = new NativeConnection(host, id, ip, port)
    connections.add(connection)
    giveWay?.()
    return connection
  }

  /** Asked for something else than a tunnel in its first octets: nothing of it is in the edge. */
  function adoptSpoken(fd: number, bytes: Buffer, ip: string, port: number): void {
    const refusal = admitClient(context, clients, ip, true)
    if (refusal !== undefined && context.descriptors.isScarce()) {
      closeSync(fd)
      return
    }
    try {
      if (refusal !== undefined) {
        adopt(fd, ip, port, undefined).turnAway(refusal)
        return
      }
      adopt(fd, ip, port, context.deadlines.now).receive(bytes)
    } catch (error) {
      context.reportFault(error)
    }
    giveWay?.()
  }

  function turnAway(id: SocketId, ip: string, port: number, refusal: ErrorCode): void {
    const fd = edge.detach(id)
    if (fd === -1) return
    try {
      adopt(fd, ip, port, undefined).turnAway(refusal)
    } catch (error) {
      context.reportFault(error)
    }
  }

  /** @param bornAt undefined for a client that is counted nowhere */
  function adopt(fd: number, ip: string, port: number, bornAt: number | undefined): ClientConnection {
    const leave = () => {
      if (bornAt !== undefined) clients.leave(ip)
    }
    const onClose = () => {
      connections.delete(connection)
      context.descriptors.sockets--
      leave()
    }
    const connection = new ClientConnection({
      context,
      socket: openSocket(fd, bufferBytes, leave),
      listener: url,
      ip,
      port,
      requests,
      ...(bornAt !== undefined && { bornAt }),
      dateField,
      onClose,
    })
    connections.add(connection)
    context.descriptors.sockets++
    return connection
  }

  passHeadLimit()
  return { url, address, port: bound.port, close: async () => bound.close() }
}

/** A socket of Node's for a descriptor, which is closed where that fails. */
function openSocket(fd: number, bufferBytes: number, onFailure: () => void): Socket {
  try {
    return openAccepted({ fd }, bufferBytes)
  } catch (error) {
    closeSync(fd)
    onFailure()
    throw error
  }
}
