import { type OnReadOpts, type Server, Socket, type SocketConstructorOpts } from 'node:net'
import { SET_BY_NODE, SHARED_READ } from '../upstream/shared-read.js'

/** Of Node: what a server holds of the system. `node:cluster` hands connections to it by the same call. */
type ServerHandle = { onconnection?: (error: number, connection: ConnectionHandle) => void }
type ConnectionHandle = { setNoDelay(enable: boolean): void }

/**
 * Makes the connections of a server that listens read into shared memory. Node lets only sockets that connect say how they
 * read, so these are made here, half-open allowed and without delay; the server counts none of them, and its close waits for
 * none. Where a Node has no such handle the server's own come, by the event `connection` as ever.
 */
export function acceptSharedReaders(server: Server, bufferBytes: number, accept: (socket: Socket) => void): void {
  const handle = (server as unknown as { _handle?: ServerHandle | null })._handle
  const onconnection = handle?.onconnection
  if (handle == null || typeof onconnection !== 'function') return
  handle.onconnection = (error, connection) => {
    // lost while it was accepted, or no descriptor was left for it: the server tells by the event `error`
    if (error !== 0) return onconnection.call(handle, error, connection)
    connection.setNoDelay(true)
    accept(openAccepted({ handle: connection }, bufferBytes))
  }
}

/** A socket of Node's for a connection that was accepted elsewhere. */
export function openAccepted({ handle, fd }: Accepted, bufferBytes: number): Socket {
  const options: Options = {
    handle,
    fd,
    allowHalfOpen: true,
    highWaterMark: bufferBytes,
    onread: SHARED_READ,
    // what Node adds to the copy that it makes: see SET_BY_NODE
    emitClose: SET_BY_NODE.emitClose,
    autoDestroy: SET_BY_NODE.autoDestroy,
    decodeStrings: SET_BY_NODE.decodeStrings,
  }
  return new Socket(options)
}

/** One of the two. */
type Accepted = { readonly handle?: ConnectionHandle; readonly fd?: number }

/** Node's types lack most of them; a socket takes them as every stream does. */
type Options = SocketConstructorOpts &
  typeof SET_BY_NODE & { handle: unknown; highWaterMark: number; onread: OnReadOpts }
