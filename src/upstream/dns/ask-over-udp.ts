import { createSocket } from 'node:dgram'
import { isIPv6 } from 'node:net'
import type { Ask } from './ask-over-tcp.js'
import { encodeQuery, readReply } from './message.js'

/**
 * One question in one datagram, from a port that the system chose at random for it
 * (RFC 5452 §9.2). The socket is connected: it takes datagrams from that server
 * alone and hears when nobody listens there. A datagram that does not answer the
 * question is passed over.
 */
export const askOverUdp: Ask = (server, question, done) => {
  const socket = createSocket(isIPv6(server.address) ? 'udp6' : 'udp4')
  let isOver = false

  function stop(): void {
    if (isOver) return
    isOver = true
    socket.close()
  }

  socket.on('message', (message) => {
    const reply = readReply(message, question)
    if (reply === undefined || isOver) return
    stop()
    done(reply)
  })
  socket.on('error', () => {
    if (isOver) return
    stop()
    done(undefined)
  })
  socket.connect(server.port, server.address, () => {
    if (!isOver) socket.send(encodeQuery(question, false))
  })
  return stop
}
