import type { Socket } from 'node:net'

/** Where a handshake with a proxy reads what it answers. */
export type Conversation = {
  /**
   * Ends it and leaves the socket as a dial hands it out: not flowing, without listeners of ours, and with the octets
   * that were not ours put back in front of what comes.
   */
  stop(unread?: Buffer): void
}

/**
 * Reads a socket until it is told to stop.
 *
 * @param onLost once, when the other side ends or the connection breaks; nothing is read after it
 */
export function converse(
  socket: Socket,
  onChunk: (chunk: Buffer) => void,
  onLost: (error: Error | undefined) => void,
): Conversation {
  let error: Error | undefined

  function onError(what: Error): void {
    error = what
  }
  function onEnd(): void {
    release()
    socket.on('error', ignoreError)
    onLost(error)
  }
  function release(): void {
    socket.pause()
    socket.off('data', onChunk)
    socket.off('end', onEnd)
    socket.off('error', onError)
    socket.off('close', onEnd)
  }

  socket.on('data', onChunk)
  socket.on('end', onEnd)
  socket.on('error', onError)
  socket.on('close', onEnd)
  if (socket.isPaused()) socket.resume()

  return {
    stop(unread) {
      release()
      if (unread !== undefined && unread.length > 0) socket.unshift(unread)
    },
  }
}

/** What breaks from now on is nobody's any more. */
export function ignoreError(): void {}
