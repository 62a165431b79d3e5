import type { OnReadOpts, Socket } from 'node:net'
import { copyOf, READ_BYTES } from './recycled.js'

/** One for all sockets: octets stay in it only within the call that brings them. */
const SHARED = Buffer.allocUnsafeSlow(READ_BYTES)

/**
 * For `onread` of a socket: it reads into memory that all share and tells of copies of what came. To everybody it is a socket
 * as any other. By itself Node takes 64 KiB for each read and gives back what was not needed, which costs more than the copy
 * (measured for a request of 600 octets and its answer of 1 KiB: a tenth of the exchange; for bulk: `recycled.ts`). One value
 * for all, so that an idle socket has no closure of its own: Node calls it as a method of the socket.
 */
export const SHARED_READ: OnReadOpts = {
  buffer: SHARED,
  callback(this: unknown, size) {
    const socket = this as Socket
    const chunk = copyOf(SHARED.subarray(0, size))
    // as a stream would do it, without its detour; one that does not flow keeps what comes, as a stream does
    if (socket.readableFlowing !== true || socket.readableLength > 0) return socket.push(chunk)
    socket.emit('data', chunk)
    return true
  },
}

/**
 * To be written out, value by value, in the options of every socket of ours. Node copies the options of a socket and sets
 * these in the copy: where it lacks them, V8 describes each copy anew, in its old space (measured: half a KB a socket, until a
 * full collection). A copy by spread that gets further properties costs the same, so no helper puts the options together.
 */
export const SET_BY_NODE = { emitClose: false, autoDestroy: true, decodeStrings: false } as const
