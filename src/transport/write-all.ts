import type { Socket } from 'node:net'
import { corkForTurn } from './cork-for-turn.js'

/** Up to here one copy into one buffer is cheaper than a second system call or a vector. */
const MAX_JOINED_BYTES = 16_384

/**
 * Writes a head (latin1, may be empty) and body octets as one piece where that
 * is cheap, so that a small message is one segment, which leaves with those of
 * the other exchanges of this turn of the loop.
 *
 * @returns false when the socket's buffer is full and the caller shall wait for `drain`
 */
export function writeAll(socket: Socket, head: string, pieces: readonly Buffer[]): boolean {
  if (socket.destroyed) return true
  let bytes = head.length
  for (const piece of pieces) bytes += piece.length
  if (bytes === 0) return true

  if (bytes <= MAX_JOINED_BYTES) {
    corkForTurn(socket)
    const [first] = pieces
    if (first === undefined) return socket.write(head, 'latin1')
    if (head === '' && pieces.length === 1) return socket.write(first)
    return socket.write(join(head, pieces, bytes))
  }

  socket.cork()
  if (head !== '') socket.write(head, 'latin1')
  let isWritable = true
  for (const piece of pieces) isWritable = socket.write(piece)
  socket.uncork()
  return isWritable
}

function join(head: string, pieces: readonly Buffer[], bytes: number): Buffer {
  const joined = Buffer.allocUnsafe(bytes)
  let at = joined.write(head, 0, 'latin1')
  for (const piece of pieces) at += piece.copy(joined, at)
  return joined
}
