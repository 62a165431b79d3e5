import { connect, type Socket } from 'node:net'
import type { ConnectObserver, ConnectTarget } from './dial.js'

/**
 * One attempt to connect, by a socket of Node's: half-open allowed, not flowing, without listeners when it is handed on.
 *
 * @returns abandons the attempt
 */
export function connectSocket(
  { ip, port, localAddress }: ConnectTarget,
  attempt: number,
  observer: ConnectObserver<Socket>,
): () => void {
  const socket = connect({
    host: ip,
    port,
    allowHalfOpen: true,
    noDelay: true,
    ...(localAddress !== undefined && { localAddress }),
  })

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

function ignoreError(): void {}
