import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'
import type { AttackCase } from '../fixtures/attacks.js'
import { splitRequests } from './split-requests.js'
import { type ReceivedResponse, splitResponses } from './split-responses.js'

/** What came of one case, on both sides of the proxy. */
export type AttackOutcome = {
  readonly statuses: readonly number[]
  /** The proxy ended the connection, or served one more request on it. */
  readonly connection: 'closed' | 'stays' | 'open'
  readonly isLastCut: boolean
  /** Complete requests that the origin received. */
  readonly requests: number
  readonly originSaw: string
  readonly clientSaw: string
}

export type Pace = 'whole' | 'dripped'

/** A case that nobody ends is judged as it stands after this. */
const PATIENCE_MS = 8_000
const SENTINEL = '/sentinel'
/** Long texts are dripped in this many pieces, short ones octet by octet. */
const MAX_PIECES = 400

/** Sends one case through a proxy to an origin of its own, and says what both sides saw. */
export async function runAttack(
  proxy: { readonly host: string; readonly port: number },
  attack: AttackCase,
  pace: Pace,
): Promise<AttackOutcome> {
  const origin = await startRawOrigin(attack)
  try {
    return await sendAttack(proxy, attack, pace, origin)
  } finally {
    origin.close()
  }
}

/** `{O}`, `{H}` and `{P}` of a case's text. */
export function fillIn(text: string, { host, port }: { readonly host: string; readonly port: number }): string {
  return text.replaceAll('{O}', `${host}:${port}`).replaceAll('{H}', host).replaceAll('{P}', String(port))
}

type RawOrigin = {
  readonly host: string
  readonly port: number
  /** All that arrived, latin1, connection after connection. */
  readonly seen: string[]
  close(): void
}

async function startRawOrigin({ reply, replyBreaks }: AttackCase): Promise<RawOrigin> {
  const seen: string[] = []
  const sockets = new Set<Socket>()
  const server: Server = createServer({ allowHalfOpen: true }, (socket) => {
    const place = seen.push('') - 1
    let answered = 0
    sockets.add(socket)
    socket.on('error', () => {})
    socket.on('end', () => socket.end())
    socket.on('data', (chunk) => {
      seen[place] += chunk.toString('latin1')
      const { complete, partialHead } = splitRequests(seen[place] ?? '')
      if (/\r\nExpect: 100-continue/i.test(partialHead)) socket.write('HTTP/1.1 100 Continue\r\n\r\n')
      for (; answered < complete.length; answered++) {
        const head = complete[answered]?.head ?? ''
        const isFirst = reply !== undefined && !head.includes(SENTINEL)
        if (isFirst && reply === 'reset') socket.resetAndDestroy()
        else if (isFirst && replyBreaks === true) breakBehind(socket, reply)
        else if (isFirst) socket.end(Buffer.from(reply, 'latin1'))
        else socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok')
        if (/\r\nConnection: close/i.test(head)) socket.end()
      }
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { address, port } = server.address() as AddressInfo
  return {
    host: address,
    port,
    seen,
    close() {
      for (const socket of sockets) socket.destroy()
      server.close()
    },
  }
}

/** A reset overtakes octets on their way, so it waits until they are likely to have arrived. */
function breakBehind(socket: Socket, reply: string): void {
  socket.write(Buffer.from(reply, 'latin1'), () => setTimeout(() => socket.resetAndDestroy(), 50))
}

async function sendAttack(
  proxy: { readonly host: string; readonly port: number },
  attack: AttackCase,
  pace: Pace,
  origin: RawOrigin,
): Promise<AttackOutcome> {
  const socket = connect({ ...proxy, allowHalfOpen: true, noDelay: true })
  const methods = attack.send.match(/^[A-Z]+(?= )/g) ?? []
  const [firstMethod = 'GET'] = methods
  let clientSaw = ''
  let hasEnded = false
  let wasReset = false
  let sentThen = false
  let sentSentinel = false

  const responses = (): readonly ReceivedResponse[] => splitResponses(clientSaw, firstMethod, hasEnded && !wasReset)
  const write = (text: string) => {
    if (!hasEnded) socket.write(Buffer.from(fillIn(text, origin), 'latin1'))
  }

  const ended = new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, PATIENCE_MS)
    const end = (isReset: boolean) => {
      hasEnded = true
      wasReset ||= isReset
      clearTimeout(timer)
      resolve()
    }
    socket.on('error', () => end(!hasEnded))
    socket.on('end', () => end(false))
    socket.on('close', () => end(false))
    socket.on('data', (chunk) => {
      clientSaw += chunk.toString('latin1')
      if (attack.then !== undefined && !sentThen) {
        sentThen = true
        write(attack.then)
      }
      if (attack.stays !== true || sentSentinel || responses().length < attack.status.length) return
      if (!responses().every(({ isComplete }) => isComplete)) return
      sentSentinel = true
      write(`GET http://{O}${SENTINEL} HTTP/1.1\r\nHost: {O}\r\nConnection: close\r\n\r\n`)
    })
  })

  await once(socket, 'connect')
  await sendAt(pace, fillIn(attack.send, origin), socket, () => hasEnded)
  if (attack.halfCloses === true) socket.end()
  await ended
  socket.destroy()

  const all = responses()
  const isServed = sentSentinel && all.length === attack.status.length + 1 && all.at(-1)?.status === 200
  const shown = isServed ? all.slice(0, -1) : all
  return {
    statuses: shown.map(({ status }) => status),
    connection: isServed ? 'stays' : hasEnded ? 'closed' : 'open',
    isLastCut: all.at(-1)?.isComplete === false,
    requests: origin.seen.flatMap((text) => splitRequests(text).complete).filter(({ head }) => !head.includes(SENTINEL))
      .length,
    originSaw: origin.seen.join('\n--- next connection\n'),
    clientSaw,
  }
}

async function sendAt(pace: Pace, text: string, socket: Socket, isOver: () => boolean): Promise<void> {
  const bytes = Buffer.from(text, 'latin1')
  if (pace === 'whole') {
    socket.write(bytes)
    return
  }
  const step = Math.ceil(bytes.length / MAX_PIECES)
  for (let at = 0; at < bytes.length && !isOver(); at += step) {
    socket.write(bytes.subarray(at, at + step))
    await new Promise((resolve) => setImmediate(resolve))
  }
}
