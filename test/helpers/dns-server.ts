import { createSocket, type Socket as UdpSocket } from 'node:dgram'
import { createServer, type Server, type Socket } from 'node:net'
import { parseIPv6 } from '../../src/http/ipv6.js'

export type DnsReply = {
  readonly addresses?: readonly string[]
  /** Seconds, of every record in the answer. */
  readonly ttl?: number
  /** The addresses belong to this name, which the question's name is an alias of. */
  readonly cname?: string
  readonly rcode?: 'NXDOMAIN' | 'SERVFAIL' | 'REFUSED' | 'FORMERR' | 'NOTIMP'
  readonly delayMs?: number
  /** The answer waits for this. */
  readonly after?: Promise<void>
  /** The question is never answered. */
  readonly never?: boolean
}

/** What a name answers for one type; a function is told how often it was asked before. */
export type DnsScript = DnsReply | ((asked: number) => DnsReply)

export type DnsZone = Readonly<Record<string, { readonly A?: DnsScript; readonly AAAA?: DnsScript }>>

export type DnsServer = {
  /** `127.0.0.1:port`, UDP and TCP. */
  readonly address: string
  /** Every question received, such as `A example.test`, in order. */
  readonly questions: readonly string[]
  /** Questions that came over TCP. */
  readonly overTcp: readonly string[]
  close(): Promise<void>
}

const TYPES: Readonly<Record<number, 'A' | 'AAAA'>> = { 1: 'A', 28: 'AAAA' }
const RCODES = { NOERROR: 0, FORMERR: 1, SERVFAIL: 2, NXDOMAIN: 3, NOTIMP: 4, REFUSED: 5 } as const
/** RFC 1035 §4.2.1 */
const MAX_UDP_OCTETS = 512

/** An authoritative server for a scripted zone. Names outside of it are NXDOMAIN, types a name lacks are empty answers. */
export async function startDnsServer(zone: DnsZone): Promise<DnsServer> {
  const questions: string[] = []
  const overTcp: string[] = []
  const timesAsked = new Map<string, number>()
  const timers = new Set<NodeJS.Timeout>()
  const connections = new Set<Socket>()

  function answer(query: Buffer, send: (reply: Buffer) => void, seen: string[]): void {
    const question = readQuestion(query)
    const text = `${question.type} ${question.name}`
    const asked = timesAsked.get(text) ?? 0
    timesAsked.set(text, asked + 1)
    questions.push(text)
    seen.push(text)
    const scripts = zone[question.name]
    const script = question.type === 'other' ? undefined : scripts?.[question.type]
    const reply =
      typeof script === 'function' ? script(asked) : (script ?? (scripts === undefined ? { rcode: 'NXDOMAIN' } : {}))
    if (reply.never === true) return
    const message = writeReply(query, question, reply)
    if (reply.after !== undefined) {
      reply.after.then(
        () => send(message),
        () => {},
      )
      return
    }
    const timer = setTimeout(() => {
      timers.delete(timer)
      send(message)
    }, reply.delayMs ?? 0)
    timers.add(timer)
  }

  const udp = createSocket('udp4')
  udp.on('message', (query, from) => {
    answer(
      query,
      (reply) => {
        const isTooLong = reply.length > MAX_UDP_OCTETS
        if (isTooLong) reply.writeUInt8(reply.readUInt8(2) | 0x02, 2)
        udp.send(isTooLong ? emptied(reply, readQuestion(query).end) : reply, from.port, from.address)
      },
      [],
    )
  })
  const tcp = createServer((socket) => {
    connections.add(socket)
    let received = Buffer.alloc(0)
    socket.on('error', () => socket.destroy())
    socket.on('close', () => connections.delete(socket))
    socket.on('data', (chunk) => {
      received = Buffer.concat([received, chunk])
      while (received.length >= 2 && received.length >= 2 + received.readUInt16BE(0)) {
        const end = 2 + received.readUInt16BE(0)
        const query = received.subarray(2, end)
        received = received.subarray(end)
        const sendOverTcp = (reply: Buffer) => {
          const length = Buffer.alloc(2)
          length.writeUInt16BE(reply.length)
          if (!socket.destroyed) socket.write(Buffer.concat([length, reply]))
        }
        answer(query, sendOverTcp, overTcp)
      }
    })
  })
  const port = await bindBoth(tcp, udp)

  return {
    address: `127.0.0.1:${port}`,
    questions,
    overTcp,
    async close() {
      for (const timer of timers) clearTimeout(timer)
      for (const socket of connections) socket.destroy()
      await new Promise<void>((resolve) => udp.close(() => resolve()))
      await new Promise<void>((resolve) => tcp.close(() => resolve()))
    },
  }
}

/** TCP chooses the port, since connections of other tests hold many; the same one is seldom taken for UDP. */
async function bindBoth(tcp: Server, udp: UdpSocket): Promise<number> {
  await new Promise<void>((resolve, reject) => tcp.once('error', reject).listen(0, '127.0.0.1', resolve))
  const address = tcp.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  try {
    await new Promise<void>((resolve, reject) => udp.once('error', reject).bind(port, '127.0.0.1', resolve))
    return port
  } catch {
    await new Promise<void>((resolve) => tcp.close(() => resolve()))
    return bindBoth(tcp, udp)
  }
}

type Question = { readonly name: string; readonly type: 'A' | 'AAAA' | 'other'; readonly end: number }

function readQuestion(query: Buffer): Question {
  const labels: string[] = []
  let at = 12
  for (let length = query.readUInt8(at); length !== 0; length = query.readUInt8(at)) {
    labels.push(query.toString('latin1', at + 1, at + 1 + length))
    at += 1 + length
  }
  const type = TYPES[query.readUInt16BE(at + 1)] ?? 'other'
  return { name: labels.join('.').toLowerCase(), type, end: at + 5 }
}

function writeReply(query: Buffer, question: Question, reply: DnsReply): Buffer {
  const { addresses = [], ttl = 60, cname, rcode = 'NOERROR' } = reply
  const head = Buffer.from(query.subarray(0, question.end))
  // QR, AA, RD as asked, RA
  head.writeUInt16BE(0x8480 | (query.readUInt16BE(2) & 0x0100) | RCODES[rcode], 2)
  head.writeUInt16BE(1, 4)
  head.writeUInt16BE(addresses.length + (cname === undefined ? 0 : 1), 6)
  head.writeUInt32BE(0, 8)
  const questionName = Buffer.from([0xc0, 12])
  const owner = cname === undefined ? questionName : writeName(cname)
  const records = addresses.map((address) =>
    writeRecord(owner, address.includes(':') ? 28 : 1, ttl, writeAddress(address)),
  )
  if (cname !== undefined) records.unshift(writeRecord(questionName, 5, ttl, owner))
  return Buffer.concat([head, ...records])
}

function writeRecord(owner: Buffer, type: number, ttl: number, data: Buffer): Buffer {
  const fixed = Buffer.alloc(10)
  fixed.writeUInt16BE(type, 0)
  fixed.writeUInt16BE(1, 2)
  fixed.writeUInt32BE(ttl, 4)
  fixed.writeUInt16BE(data.length, 8)
  return Buffer.concat([owner, fixed, data])
}

function writeName(name: string): Buffer {
  const labels = name
    .split('.')
    .map((label) => Buffer.concat([Buffer.from([label.length]), Buffer.from(label, 'latin1')]))
  return Buffer.concat([...labels, Buffer.from([0])])
}

function writeAddress(address: string): Buffer {
  const parts = parseIPv6(address)
  if (parts === undefined) return Buffer.from(address.split('.').map(Number))
  return Buffer.from(parts.flatMap((part) => [part >>> 8, part & 255]))
}

/** Only the head and the question, as a truncated answer may be. */
function emptied(reply: Buffer, questionEnd: number): Buffer {
  const short = Buffer.from(reply.subarray(0, questionEnd))
  short.writeUInt16BE(0, 6)
  return short
}
