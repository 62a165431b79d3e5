import { connect, type Socket, type TcpNetConnectOpts } from 'node:net'
import type { Descriptors } from './descriptors.js'
import type { Connect } from './dial.js'
import { SET_BY_NODE, SHARED_READ } from './shared-read.js'

/**
 * Attempts to connect, by sockets of Node's: half-open allowed, not flowing, and when they are handed on with no listener
 * but the one that counts closed sockets, which stays.
 *
 * @param bufferBytes that a connection holds before its writer is told to wait
 */
export function createSocketConnect(descriptors: Descriptors, bufferBytes: number): Connect<Socket> {
  function onClose(): void {
    descriptors.sockets--
  }

  return function connectSocket({ ip, port, localAddress }, attempt, observer) {
    const options: Options = {
      host: ip,
      port,
      localAddress,
      allowHalfOpen: true,
      noDelay: true,
      highWaterMark: bufferBytes,
      onread: SHARED_READ,
      emitClose: SET_BY_NODE.emitClose,
      autoDestroy: SET_BY_NODE.autoDestroy,
      decodeStrings: SET_BY_NODE.decodeStrings,
    }
    const socket = connect(options)
    descriptors.sockets++
    socket.on('close', onClose)

    function onConnect(): void {
      release()
      observer.onConnect(attempt, socket)
    }
    function onError(error: Error): void {
      observer.onError(attempt, error)
    }
    function release(): void {
      socket.removeListener('connect', onConnect)
      socket.removeListener('error', onError)
    }

    socket.on('connect', onConnect)
    socket.on('error', onError)
    return function abandon() {
      release()
      // an error it met in this very turn may still be on its way
      socket.on('error', ignoreError)
      socket.destroy()
    }
  }
}

/** Node's types lack most of them; a socket takes them as every stream does. */
type Options = TcpNetConnectOpts & typeof SET_BY_NODE & { localAddress: string | undefined; highWaterMark: number }

/** What a socket meets that is nobody's any more. */
export function ignoreError(): void {}
