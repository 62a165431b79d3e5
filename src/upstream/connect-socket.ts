import { connect, type Socket, type TcpNetConnectOpts } from 'node:net'
import type { Descriptors } from './descriptors.js'
import type { Connect } from './dial.js'
import { SHARED_READ } from './shared-read.js'

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
    const options: TcpNetConnectOpts = { host: ip, port, allowHalfOpen: true, noDelay: true, onread: SHARED_READ }
    if (localAddress !== undefined) options.localAddress = localAddress
    const socket = connect(withBuffer(options, bufferBytes))
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

/** Node's types lack `highWaterMark` here; a socket takes it as every stream does. */
function withBuffer<T extends object>(options: T, bufferBytes: number): T {
  return { ...options, highWaterMark: bufferBytes } as T
}

/** What a socket meets that is nobody's any more. */
export function ignoreError(): void {}
