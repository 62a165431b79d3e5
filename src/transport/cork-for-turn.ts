import type { Socket } from 'node:net'

let corked: Socket[] = []

/**
 * Holds back what is written to a socket until the events of this turn of the loop have been handled. What many exchanges
 * have to say then leaves in one row, and who receives it is woken once for all of it: a wake-up costs more than all else
 * that is done with a small message (docs/decisions/0014). What is written to it without this, and its end, keep their place
 * behind; only `destroy` in the same turn drops what is held.
 */
export function corkForTurn(socket: Socket): void {
  if (socket.writableCorked > 0) return
  socket.cork()
  if (corked.push(socket) === 1) setImmediate(uncorkAll)
}

function uncorkAll(): void {
  const sockets = corked
  corked = []
  for (const socket of sockets) socket.uncork()
}
