import { createSocket } from 'node:dgram'
import { isIPv6 } from 'node:net'
import { type DnsQuestion, encodeQuery, type ReceivedReply, readReply } from './message.js'
import type { ServerAddress } from './server-address.js'

export type UdpAttempt = {
  /** Sends the question once more, from the same port with the same id: a guess has no more to hit (RFC 5452 §5). */
  repeat(): void
  /** Nothing stays open and `done` does not run. */
  stop(): void
}

/**
 * One question in one datagram, from a port that the system chose at random for it
 * (RFC 5452 §9.2). The socket is connected: it takes datagrams from that server
 * alone and hears when nobody listens there. A datagram that does not answer the
 * question is passed over.
 *
 * @param done runs later, once: without a reply where the server is not there
 */
export function askOverUdp(
  server: ServerAddress,
  question: DnsQuestion,
  done: (reply: ReceivedReply | undefined) => void,
): UdpAttempt {
  const query = encodeQuery(question, false)

  const socket = createSocket(isIPv6(server.address) ? 'udp6' : 'udp4')
  let isConnected = false
  let isOver = false

  function stop(): void {
    if (isOver) return
    isOver = true
    socket.close()
  }

  function repeat(): void {
    if (isConnected && !isOver) socket.send(query)
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
    isConnected = true
    repeat()
  })
  return { repeat, stop }
}
