import { connect } from 'node:net'
import { type DnsQuestion, encodeQuery, MAX_MESSAGE_OCTETS, type ReceivedReply, readReply } from './message.js'
import type { ServerAddress } from './server-address.js'

const LENGTH_OCTETS = 2

/**
 * RFC 1035 §4.2.2: the message behind its length. A connection carries one question.
 *
 * @param done runs later, once: without a reply where the server is not there or answers something else
 * @returns stops: nothing stays open and `done` does not run
 */
export function askOverTcp(
  server: ServerAddress,
  question: DnsQuestion,
  done: (reply: ReceivedReply | undefined) => void,
): () => void {
  const socket = connect({ host: server.address, port: server.port, noDelay: true })
  let received = Buffer.alloc(0)
  let isOver = false

  function stop(): void {
    isOver = true
    socket.destroy()
  }

  function settle(reply: ReceivedReply | undefined): void {
    if (isOver) return
    stop()
    done(reply)
  }

  const query = encodeQuery(question, false)
  const length = Buffer.alloc(LENGTH_OCTETS)
  length.writeUInt16BE(query.length)
  socket.write(Buffer.concat([length, query]))
  socket.on('data', (chunk) => {
    received = Buffer.concat([received, chunk])
    if (received.length < LENGTH_OCTETS) return
    const octets = received.readUInt16BE(0)
    if (octets > MAX_MESSAGE_OCTETS) settle(undefined)
    if (received.length < LENGTH_OCTETS + octets) return
    const reply = readReply(received.subarray(LENGTH_OCTETS, LENGTH_OCTETS + octets), question)
    settle(reply?.isTruncated === true ? undefined : reply)
  })
  socket.on('error', () => settle(undefined))
  socket.on('close', () => settle(undefined))
  return stop
}
