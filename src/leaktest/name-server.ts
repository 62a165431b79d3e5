import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { createSecureServer } from 'node:http2'
import type { Certificate } from './certificate.js'

/** Somebody who is asked for names, and writes down which. */
export type NameServer = {
  /** `127.0.0.1:port` */
  readonly address: string
  /** Every name asked for since `forget`, in order. */
  readonly names: readonly string[]
  /** Whence they were asked for, once each. */
  readonly askers: readonly string[]
  forget(): void
  close(): void
}

// RFC 1035 §4.1
const HEADER_OCTETS = 12
const TYPE_A = 1
/** A response that is authoritative, to a query that wanted recursion. */
const ANSWERED = 0x8580
/** Of this server's records, in seconds. */
const TTL = 1

/** A name server on loopback: every name is at 127.0.0.1. */
export async function startNameServer(): Promise<NameServer> {
  const asked = createAsked()
  const socket = createSocket('udp4')
  socket.on('message', (query, from) => {
    const answer = answerTo(query, from.address, asked)
    if (answer !== undefined) socket.send(answer, from.port, from.address)
  })
  socket.bind(0, '127.0.0.1')
  await once(socket, 'listening')
  return recorder(asked, socket.address().port, () => socket.close())
}

/** The same as a service over HTTPS (RFC 8484). */
export async function startDohService(certificate: Certificate): Promise<NameServer> {
  const asked = createAsked()
  const server = createSecureServer(certificate)
  const sessions = new Set<{ destroy(): void }>()
  server.on('session', (session) => {
    sessions.add(session)
    session.on('close', () => sessions.delete(session))
    session.on('error', () => session.destroy())
  })
  server.on('stream', (stream) => {
    const received: Buffer[] = []
    stream.on('error', () => stream.destroy())
    stream.on('data', (chunk: Buffer) => received.push(chunk))
    stream.on('end', () => {
      const answer = answerTo(Buffer.concat(received), stream.session?.socket.remoteAddress ?? '', asked)
      stream.respond({ ':status': answer === undefined ? 400 : 200, 'content-type': 'application/dns-message' })
      stream.end(answer)
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  return recorder(asked, port, () => {
    server.close()
    for (const session of sessions) session.destroy()
  })
}

type Asked = { readonly names: string[]; readonly askers: Set<string> }

function createAsked(): Asked {
  return { names: [], askers: new Set() }
}

function recorder({ names, askers }: Asked, port: number, close: () => void): NameServer {
  return {
    address: `127.0.0.1:${port}`,
    names,
    get askers() {
      return [...askers]
    },
    forget() {
      names.length = 0
      askers.clear()
    },
    close,
  }
}

/** Undefined for what is no question. */
function answerTo(query: Buffer, asker: string, { names, askers }: Asked): Buffer | undefined {
  const labels: string[] = []
  let at = HEADER_OCTETS
  for (;;) {
    const length = query[at]
    if (length === undefined || length > 63) return undefined
    at++
    if (length === 0) break
    labels.push(query.toString('latin1', at, at + length))
    at += length
  }
  if (query.length < at + 4) return undefined
  names.push(labels.join('.').toLowerCase())
  askers.add(asker)
  const isA = query.readUInt16BE(at) === TYPE_A
  const header = Buffer.alloc(HEADER_OCTETS)
  query.copy(header, 0, 0, 2)
  header.writeUInt16BE(ANSWERED, 2)
  header.writeUInt16BE(1, 4)
  header.writeUInt16BE(isA ? 1 : 0, 6)
  // a pointer to the name in the question, A, IN, TTL, four octets
  const record = Buffer.from([0xc0, HEADER_OCTETS, 0, 1, 0, 1, 0, 0, 0, TTL, 0, 4, 127, 0, 0, 1])
  return Buffer.concat([header, query.subarray(HEADER_OCTETS, at + 4), ...(isA ? [record] : [])])
}
