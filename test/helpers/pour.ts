import { type RawPeer, turn } from './raw-peer.js'

/** What a peer holds of its own before it waits. */
const MOST_WAITING = 1_048_576

/** Sends as fast as it is taken until the other side ends; resolves with the octets that were taken. */
export async function pour(peer: RawPeer, block = Buffer.alloc(65_536, 'x')): Promise<number> {
  let given = 0
  while (!peer.isClosed && peer.ending === 'open') {
    if (peer.socket.writableLength < MOST_WAITING) {
      peer.socket.write(block)
      given += block.length
    }
    await turn()
  }
  return given - peer.socket.writableLength
}
