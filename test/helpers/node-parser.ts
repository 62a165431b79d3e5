import { createServer, type IncomingMessage, request, type Server } from 'node:http'
import { Duplex } from 'node:stream'
import { setImmediate as turn } from 'node:timers/promises'
import type { Reading, ReadMessage } from './read-messages.js'

/** Far beyond every limit of ours, so that the oracle judges syntax only. */
const MAX_HEADER_BYTES = 1 << 20

type NodeMessage = ReadMessage & { readonly trailers: [string, string][] }
export type NodeReading = Reading & { readonly messages: NodeMessage[] }

/** Node's own HTTP server in its strict mode, fed over streams instead of sockets, as an oracle for the codec. */
export type RequestOracle = { readonly read: (bytes: Buffer) => Promise<NodeReading> }

export function createRequestOracle(): RequestOracle {
  let reading: NodeReading = emptyReading()
  const server: Server = createServer({ insecureHTTPParser: false, maxHeaderSize: MAX_HEADER_BYTES })
  server.maxHeadersCount = 0
  server.setTimeout(0)
  // an end of input must not take away what was read before it; the property is old and undocumented
  Object.assign(server, { httpAllowHalfOpen: true })
  const note = (message: IncomingMessage) => record(reading, `${message.method} ${message.url}`, message)
  server.on('request', note)
  server.on('checkContinue', note)
  server.on('checkExpectation', note)
  server.on('connect', (message) => {
    note(message)
    reading.end = 'stopped'
  })
  server.on('clientError', (error: NodeJS.ErrnoException) => refuse(reading, error))

  return {
    async read(bytes) {
      reading = emptyReading()
      const wire = createWire((answer) => {
        // Node answers a missing Host by itself, without an event
        if (answer.startsWith('HTTP/1.1 4')) reading.end = 'refused'
      })
      server.emit('connection', wire)
      await feed(wire, bytes)
      return reading
    },
  }
}

/** What Node's client makes of the answer to one request with this method, and of the 1xx before it. */
export async function readResponseWithNode(bytes: Buffer, method: string): Promise<NodeReading> {
  const reading = emptyReading()
  const wire = createWire(() => {})
  const sent = request({
    method,
    insecureHTTPParser: false,
    maxHeaderSize: MAX_HEADER_BYTES,
    createConnection: () => wire,
  })
  sent.maxHeadersCount = 0
  sent.on('information', (info) => {
    const { statusCode, httpVersionMinor, rawHeaders } = info
    reading.messages.push({
      start: `${statusCode} ${httpVersionMinor}`,
      fields: pairs(rawHeaders),
      body: '',
      ended: true,
      trailers: [],
    })
  })
  sent.on('response', (message) => record(reading, String(message.statusCode), message))
  sent.on('upgrade', (message) => {
    record(reading, String(message.statusCode), message)
    reading.end = 'stopped'
  })
  sent.on('error', (error: NodeJS.ErrnoException) => refuse(reading, error))
  sent.end()
  await turn()
  await feed(wire, bytes)
  sent.destroy()
  return reading
}

function emptyReading(): NodeReading {
  return { messages: [], end: 'clean', why: '' }
}

function record(reading: NodeReading, start: string, message: IncomingMessage): void {
  const read: NodeMessage = {
    start: `${start} ${message.httpVersionMinor}`,
    fields: pairs(message.rawHeaders),
    body: '',
    ended: false,
    trailers: [],
  }
  reading.messages.push(read)
  message.on('data', (chunk: Buffer) => {
    read.body += chunk.toString('latin1')
  })
  message.on('end', () => {
    read.ended = message.complete
    read.trailers.push(...pairs(message.rawTrailers))
  })
  message.on('error', (error: NodeJS.ErrnoException) => refuse(reading, error))
}

function refuse(reading: NodeReading, error: NodeJS.ErrnoException): void {
  const isCut = error.code === 'HPE_INVALID_EOF_STATE' || error.code === 'ECONNRESET'
  if (reading.end === 'refused' || (isCut && reading.end !== 'clean')) return
  reading.end = isCut ? 'cut' : 'refused'
  reading.why = error.code ?? error.message
}

function createWire(answered: (text: string) => void): Duplex {
  return new Duplex({
    read() {},
    write(chunk: Buffer, _encoding, done) {
      answered(chunk.toString('latin1'))
      done()
    },
  })
}

async function feed(wire: Duplex, bytes: Buffer): Promise<void> {
  wire.on('error', () => {})
  wire.push(bytes)
  await turn()
  wire.push(null)
  await turn()
  wire.destroy()
}

function pairs(raw: readonly string[]): [string, string][] {
  return Array.from({ length: raw.length / 2 }, (_, i) => [raw[2 * i] ?? '', raw[2 * i + 1] ?? ''])
}
