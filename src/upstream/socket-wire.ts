import type { Socket } from 'node:net'
import { ignoreError } from './connect-socket.js'
import { secureHop } from './tls-hop.js'
import type { Wire } from './wire.js'

/** Chains over sockets of Node's, half-open allowed and not flowing, as dials hand them out. */
export const socketWire: Wire<Socket> = {
  converse(socket, onOctets, onLost) {
    function onEnd(): void {
      release()
      socket.on('error', ignoreError)
      onLost()
    }
    function release(): void {
      socket.pause()
      socket.off('data', onOctets)
      socket.off('end', onEnd)
      socket.off('error', ignoreError)
      socket.off('close', onEnd)
    }

    socket.on('data', onOctets)
    socket.on('end', onEnd)
    // it closes then, which tells
    socket.on('error', ignoreError)
    socket.on('close', onEnd)
    if (socket.isPaused()) socket.resume()

    return {
      say(octets) {
        if (octets !== undefined) socket.write(octets)
      },
      stop(unread) {
        release()
        if (unread !== undefined && unread.length > 0) socket.unshift(unread)
      },
    }
  },

  secure: secureHop,

  destroy(socket) {
    socket.on('error', ignoreError)
    socket.destroy()
  },

  onClosed(socket, told) {
    socket.once('close', told)
  },
}
