import type { Socket } from 'node:net'

const NOTHING = Buffer.alloc(0)

/**
 * Tells an end (FIN) from a reset right behind data, of which libuv tells as of an end (uv__stream_io, POLLHUP). A write of nothing
 * tells them apart: after a reset it fails.
 *
 * @param socket that has told of its end, can be written to, and has nothing to send
 * @param done gets what it failed with, of which the socket tells as well; nothing where it was an end
 */
export function confirmEnd(socket: Socket, done: (error: Error | null | undefined) => void): void {
  socket.write(NOTHING, done)
}
