import { createHash } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'

/** RFC 6455 §1.3 */
const ACCEPT_GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11'
const TEXT = 0x1
const CLOSE = 0x8

/** Answers a handshake and sends every text and close frame back: as much of RFC 6455 as short messages need. */
export function acceptWebSocket(request: IncomingMessage, socket: Socket): void {
  const key = request.headers['sec-websocket-key'] ?? ''
  const accept = createHash('sha1').update(`${key}${ACCEPT_GUID}`).digest('base64')
  socket.write(
    `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`,
  )
  let received: Buffer = Buffer.alloc(0)
  socket.on('error', () => socket.destroy())
  socket.on('data', (chunk) => {
    received = Buffer.concat([received, chunk])
    for (let end = endOfFrame(received); end !== -1; end = endOfFrame(received)) {
      const opcode = received.readUInt8(0) & 0x0f
      const payload = unmasked(received.subarray(2, end))
      received = received.subarray(end)
      if (opcode === TEXT) socket.write(frame(TEXT, payload))
      else if (opcode === CLOSE) socket.end(frame(CLOSE, payload))
    }
  })
}

/** A masked frame of up to 125 octets behind its two octets of head; -1 while it is not whole. */
function endOfFrame(bytes: Buffer): number {
  if (bytes.length < 2) return -1
  const end = 2 + 4 + (bytes.readUInt8(1) & 0x7f)
  return bytes.length >= end ? end : -1
}

function unmasked(maskAndPayload: Buffer): Buffer {
  return Buffer.from(maskAndPayload.subarray(4).map((octet, i) => octet ^ (maskAndPayload[i % 4] ?? 0)))
}

function frame(opcode: number, payload: Buffer): Buffer {
  return Buffer.concat([Buffer.from([0x80 | opcode, payload.length]), payload])
}

/** A text message as a client sends it. */
export function maskedText(text: string): Buffer {
  const payload = Buffer.from(text)
  return Buffer.concat([Buffer.from([0x80 | TEXT, 0x80 | payload.length, 0, 0, 0, 0]), payload])
}
