import { lookup } from 'node:dns/promises'
import { closeSync } from 'node:fs'
import { isIP, Socket } from 'node:net'
import { CannotRunError, type ErrorCode } from '../errors.js'
import { ClientConnection } from './client-connection.js'
import { admitClient, bindFault, type Listener, type ListenerOptions, listenerUrl } from './listener.js'
import type { SocketId } from './native-addon.js'
import { NativeConnection, type NativeDial, type NativeHost } from './native-connection.js'
import type { NativeEdge } from './native-edge.js'
import { createDateField } from './reply.js'

export type NativeListenerOptions = ListenerOptions & {
  readonly edge: NativeEdge
  readonly dial: NativeDial
  /** A descriptor that listens at host and port, inherited; without it one is opened. */
  readonly descriptor?: number
}

/**
 * Starts to accept clients in the native edge.
 * @throws CannotRunError when the port is taken or may not be bound
 */
export async function listenNatively(options: NativeListenerOptions): Promise<Listener> {
  const { context, connections, clients, edge, dial, descriptor, giveWay } = options
  const dateField = createDateField(context.wallClock)
  const address = isIP(options.host) === 0 ? (await lookup(options.host)).address : options.host
  const bound =
    descriptor === undefined ? edge.listen(address, options.port, accept) : edge.listenAt(descriptor, accept)
  if (typeof bound === 'string') {
    throw new CannotRunError(bindFault({ code: bound, message: bound }, address, options.port))
  }
  const url = listenerUrl(address, bound.port)
  const host: NativeHost = {
    context,
    edge,
    listener: url,
    dial,
    adopt: (fd, ip, port) => adopt(fd, ip, port, true),
    forget(connection, isGone) {
      connections.delete(connection)
      if (isGone) clients.leave(connection.ip)
    },
  }
  let headLimit = 0

  function accept(id: SocketId, ip: string, port: number): NativeConnection | undefined {
    const { headBytes } = context.limits
    if (headLimit !== headBytes) {
      headLimit = headBytes
      edge.setHeadLimit(headBytes)
    }
    const refusal = admitClient(context, clients, ip)
    if (refusal !== undefined) {
      turnAway(id, ip, port, refusal)
      return undefined
    }
    const connection = new NativeConnection(host, id, ip, port)
    connections.add(connection)
    giveWay?.()
    return connection
  }

  function turnAway(id: SocketId, ip: string, port: number, refusal: ErrorCode): void {
    const fd = edge.detach(id)
    if (fd === -1) return
    try {
      adopt(fd, ip, port, false).turnAway(refusal)
    } catch (error) {
      context.reportFault(error)
    }
  }

  function adopt(fd: number, ip: string, port: number, isCounted: boolean): ClientConnection {
    const leave = () => {
      if (isCounted) clients.leave(ip)
    }
    const onClose = () => {
      connections.delete(connection)
      leave()
    }
    const socket = openSocket(fd, leave)
    const connection = new ClientConnection({ context, socket, listener: url, ip, port, dateField, onClose })
    connections.add(connection)
    return connection
  }

  return { url, address, port: bound.port, close: async () => bound.close() }
}

/** A socket of Node's for a descriptor, which is closed where that fails. */
function openSocket(fd: number, onFailure: () => void): Socket {
  try {
    return new Socket({ fd, allowHalfOpen: true })
  } catch (error) {
    closeSync(fd)
    onFailure()
    throw error
  }
}
