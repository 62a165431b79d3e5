import type { Socket } from 'node:net'
import { CONNECTION_ESTABLISHED } from '../answers/local.js'
import { renderRefusal } from '../answers/refusal.js'
import type { LimitName, RequestCounts } from '../counts.js'
import { ERROR_CATALOG, type ErrorCode } from '../errors.js'
import { BROKEN, createRequestReader, HEAD, type MessageReader, NEED_DATA } from '../http/message-reader.js'
import { BODY_NONE, type RequestHead } from '../http/request-head.js'
import { createExchange, type Exchange, refuse as settleRefused } from '../pipeline/exchange.js'
import { decisionAfter } from '../pipeline/refusal-decision.js'
import { decideRequest } from '../pipeline/request-pipeline.js'
import type { Route } from '../pipeline/route.js'
import { createOutcome, noteForLog, type Outcome, toAccessRecord } from './access-record.js'
import type { TransportContext } from './context.js'
import { corkForTurn } from './cork-for-turn.js'
import { countExchange } from './count-exchange.js'
import type { Expiring } from './deadlines.js'
import { Forward, type ForwardClient } from './forward.js'
import { localAnswer, toRefusal } from './reply.js'
import { splice } from './splice.js'
import { dialTunnel, enterTunnel } from './tunnel.js'

/**
 * How long a client is read that still sends after our last answer: a close with octets unread is a reset, which can
 * overtake the answer. A client that reads while it sends needs a round trip to see it, and 2 s is what Apache gives.
 */
const LINGER_MS = 2_000

const WAITING = 0
const BUSY = 1
const LINGERING = 2
const TUNNEL = 3
const CLOSED = 4

export type ClientConnectionOptions = {
  readonly context: TransportContext
  readonly socket: Socket
  /** `http://127.0.0.1:3128` */
  readonly listener: string
  readonly ip: string
  readonly port: number
  /** Of the listener. */
  readonly requests: RequestCounts
  /** Coarse clock, ms: when it was accepted, where that was before now. */
  readonly bornAt?: number
  readonly dateField: () => string
  readonly onClose: () => void
}

/**
 * One client: reads its requests one after the other, has each decided by the
 * pipeline, and performs the plan. The next request is read when the answer to
 * the one before is complete, so pipelined requests are answered in order.
 *
 * Longer than most files: it is one state machine (waiting, busy, lingering,
 * tunnel, closed), and every event of the socket can move it from any state.
 */
export class ClientConnection implements Expiring, ForwardClient {
  readonly socket: Socket
  readonly reader: MessageReader<RequestHead>
  deadline: number
  deadlinePlace = -1
  openPlace = -1
  readonly #context: TransportContext
  readonly #listener: string
  readonly #requests: RequestCounts
  readonly #client: { readonly ip: string; readonly port: number }
  readonly #dateField: () => string
  readonly #onClose: () => void
  readonly #bornAt: number
  #served = 0
  #state = WAITING
  #isPumping = false
  #isHeadBegun = false
  #hasEnded = false
  #keepsAlive = true
  #exchange: Exchange | undefined
  #outcome: Outcome = createOutcome()
  #forward: Forward | undefined
  #stopTunnel: (() => void) | undefined
  #holdsTunnel = false

  constructor(options: ClientConnectionOptions) {
    const { context, socket, listener, ip, port, requests, dateField, onClose } = options
    this.#context = context
    this.socket = socket
    this.#listener = listener
    this.#requests = requests
    this.#client = { ip, port }
    this.#dateField = dateField
    this.#onClose = onClose
    this.reader = createRequestReader(
      context.requestHead,
      context.limits,
      () => context.policy().headers.request.table,
      () => (this.#exchange?.route?.headers ?? context.policy().headers).request,
    )
    this.deadline = context.deadlines.now + context.limits.idleTimeoutMs
    context.deadlines.add(this)
    this.#bornAt = options.bornAt ?? context.deadlines.now
    socket.on('data', (chunk: Buffer) => this.#onData(chunk))
    socket.on('end', () => this.#onEnd())
    socket.on('drain', () => this.#onDrain())
    socket.on('error', () => {})
    socket.on('close', () => this.#onSocketClose())
  }

  get keepsAlive(): boolean {
    return this.#keepsAlive && (!this.#hasEnded || this.reader.unread > 0) && !this.#context.isDraining()
  }

  /** The client has sent FIN: what it has not sent by now will not come. */
  get hasEnded(): boolean {
    return this.#hasEnded
  }

  /** True while nothing is asked of us and all is sent: such a connection can be closed at once when the proxy stops. */
  get isIdle(): boolean {
    return this.#state === WAITING && !this.#isHeadBegun && this.socket.writableLength === 0
  }

  setDeadline(timeoutMs: number): void {
    this.deadline = timeoutMs === 0 ? 0 : this.#context.deadlines.now + timeoutMs
  }

  expire(): void {
    if (this.#state === BUSY && this.#forward !== undefined) this.#forward.expire()
    else if (this.#state === WAITING && this.#isHeadBegun) {
      this.#context.counts.limits.headTimeout++
      this.#refuseUnread('VG_HEAD_TIMEOUT', '')
    } else if (this.#state === LINGERING && !this.socket.writableFinished && !this.socket.isPaused()) {
      // it sends and does not read: what it sends waits from now on, and the answer for as long as any other
      this.socket.pause()
      this.setDeadline(this.#context.limits.idleTimeoutMs)
    } else {
      if (this.#state === WAITING) this.#context.counts.limits.idleTimeout++
      this.close()
    }
  }

  /** Ends the connection and whatever goes on in it, at once. */
  close(): void {
    this.#stopTunnel?.()
    this.socket.destroy()
  }

  /** Takes over octets that were read from the client before it came here. */
  receive(bytes: Buffer): void {
    this.#onData(bytes)
  }

  /** Answers a CONNECT that was read and decided before the client came here, and closes. */
  refuseDecided(exchange: Exchange, outcome: Outcome, code: ErrorCode, detail: string): void {
    this.#exchange = exchange
    this.#outcome = outcome
    this.#state = BUSY
    this.refuse(code, detail)
  }

  /** Turns a client away before it has asked anything: it may not use the proxy, or too many do. */
  turnAway(code: ErrorCode): void {
    this.#refuseUnread(code, '')
  }

  refuse(code: ErrorCode, detail: string): void {
    const exchange = this.#exchange
    if (exchange === undefined) return
    if (exchange.error !== code) settleRefused(exchange, code, detail, decisionAfter(code, exchange.decision))
    // a body that nobody reads would be taken for the next request, and so would octets meant for a tunnel (RFC 9931)
    const isUnsafe = this.reader.isInBody || exchange.form === 'authority'
    const closes = ERROR_CATALOG[code].closes || !this.keepsAlive || isUnsafe
    this.#answerRefusal(exchange, code, detail, closes)
  }

  finishExchange(closes: boolean): void {
    this.#settle()
    if (closes || !this.keepsAlive) this.#linger()
    else this.#waitForRequest()
  }

  cutExchange(error: ErrorCode, isEndedByClose: boolean): void {
    // a client that has no framing to tell by would take FIN for the proper end
    const needsReset = isEndedByClose || this.#exchange?.minor === 0
    this.#outcome.error = error
    this.#settle()
    if (needsReset) this.socket.resetAndDestroy()
    else this.#linger()
  }

  becomeTunnel(origin: Socket, earlyFromOrigin: Buffer): void {
    const { counts, deadlines, gathering, limits } = this.#context
    this.#forward = undefined
    this.#state = TUNNEL
    counts.bytesFromClient += this.#outcome.bytesFromClient
    counts.bytesToClient += this.#outcome.bytesToClient
    deadlines.delete(this)
    for (const event of ['data', 'end', 'drain', 'error', 'close']) this.socket.removeAllListeners(event)
    const earlyFromClient = this.reader.takeUnread()
    const stop = splice({
      client: this.socket,
      origin,
      earlyFromClient,
      earlyFromOrigin,
      clientEnded: this.#hasEnded,
      idleMs: limits.tunnelIdleTimeoutMs,
      endsAt: this.#bornAt + limits.connectionLifetimeMs,
      deadlines,
      gathering,
      counts,
      onEnd: ({ bytesFromClient, bytesToClient, reason }) => {
        this.#outcome.bytesFromClient += bytesFromClient
        this.#outcome.bytesToClient += bytesToClient
        if (reason === 'origin-reset') this.#outcome.error = 'VG_ORIGIN_TERMINATED'
        else if (reason === 'client-reset') this.#outcome.error = 'client_aborted'
        else if (reason === 'idle') counts.limits.tunnelIdleTimeout++
        else if (reason === 'lifetime') counts.limits.connectionLifetime++
        this.#finishTunnel()
      },
    })
    if (this.#state === TUNNEL) this.#stopTunnel = stop
  }

  #onData(chunk: Buffer): void {
    if (this.#state === LINGERING) return
    this.reader.receive(chunk)
    this.#readOn()
    const isHeld = this.#state === BUSY || this.socket.writableNeedDrain
    // requests that a client sends ahead are held back in the kernel
    if (!isHeld || this.reader.unread <= this.#context.limits.bufferBytes) return
    this.#context.counts.limits.bufferBytes++
    this.socket.pause()
  }

  #onEnd(): void {
    this.#hasEnded = true
    if (this.#state === LINGERING) this.socket.destroySoon()
    else this.#readOn()
  }

  #onDrain(): void {
    if (this.#state !== WAITING) {
      this.#forward?.onClientDrain()
      return
    }
    if (this.socket.isPaused()) this.socket.resume()
    this.#readOn()
  }

  #readOn(): void {
    try {
      if (this.#state === WAITING) this.#pump()
      else this.#forward?.onRequestData()
    } catch (error) {
      this.#context.reportFault(error)
      this.close()
    }
  }

  #onSocketClose(): void {
    if (this.#state === CLOSED) return
    if (this.#exchange !== undefined) {
      this.#forward?.abort()
      this.#outcome.error ??= 'client_aborted'
      this.#settle()
    }
    this.#release()
  }

  /** Reads and answers requests until one needs to wait for somebody, be it the client that does not read its answers. */
  #pump(): void {
    if (this.#isPumping) return
    this.#isPumping = true
    while (this.#state === WAITING && !this.socket.writableNeedDrain) {
      const event = this.reader.next()
      if (event === HEAD) this.#begin()
      else if (event === BROKEN) this.#refuseBroken()
      else if (event === NEED_DATA) {
        this.#awaitData()
        break
      }
    }
    this.#isPumping = false
  }

  #awaitData(): void {
    const { limits } = this.#context
    if (this.reader.unread === 0) this.setDeadline(limits.idleTimeoutMs)
    else if (!this.#isHeadBegun) {
      this.#isHeadBegun = true
      this.setDeadline(limits.headTimeoutMs)
    }
    if (this.#hasEnded) this.socket.end()
  }

  #begin(): void {
    const context = this.#context
    const { head } = this.reader
    this.#state = BUSY
    this.#isHeadBegun = false
    this.#keepsAlive = head.keepAlive && this.#mayGoOn()
    this.#outcome = createOutcome()
    const exchange = this.#createExchange(head)
    if (context.isRecording()) {
      exchange.headersRemoved = []
      noteForLog(this.#outcome, head.fields)
    }
    this.#exchange = exchange
    this.#outcome.bytesFromClient = exchange.headText.length + 2
    decideRequest(exchange)
    this.#perform(exchange)
  }

  #createExchange(head: RequestHead): Exchange {
    const context = this.#context
    return createExchange({
      id: context.nextId(),
      startedAt: context.wallClock(),
      client: this.#client,
      policy: context.policy(),
      head,
    })
  }

  /** Whether this connection may have another request after the one that begins. */
  #mayGoOn(): boolean {
    const { counts, deadlines, limits } = this.#context
    if (++this.#served >= limits.requestsPerConnection) {
      counts.limits.requestsPerConnection++
      return false
    }
    if (deadlines.now < this.#bornAt + limits.connectionLifetimeMs) return true
    counts.limits.connectionLifetime++
    return false
  }

  #perform(exchange: Exchange): void {
    const { plan, route } = exchange
    if (plan === 'answer') this.#answerLocally(exchange)
    else if (plan === 'refuse' || route === undefined) this.refuse(exchange.error ?? 'VG_INTERNAL', exchange.detail)
    else if (plan === 'forward') {
      if (exchange.upgrade && !this.#enterTunnel()) return
      this.#forward = new Forward(this.#context, this, exchange, route, this.#outcome)
      this.#forward.start()
    } else this.#openTunnel(exchange, route)
  }

  #openTunnel(exchange: Exchange, route: Route): void {
    // the END of a message without content: what follows belongs to the tunnel
    this.reader.next()
    if (!this.#enterTunnel()) return
    this.setDeadline(0)
    this.#stopTunnel = dialTunnel(this.#context.dial, exchange, route, this.#outcome, (error, origin) => {
      this.#stopTunnel = undefined
      if (origin === null) {
        this.refuse(error?.code ?? 'VG_INTERNAL', error?.detail ?? '')
        return
      }
      this.#outcome.status = 200
      this.#outcome.localIp = this.#context.isRecording() ? (origin.localAddress ?? null) : null
      this.#outcome.bytesToClient += CONNECTION_ESTABLISHED.length
      this.socket.write(CONNECTION_ESTABLISHED)
      this.becomeTunnel(origin, EMPTY)
    })
  }

  /** Takes the place of a tunnel, or refuses; an upgrade has one from the request on, for it may become a tunnel. */
  #enterTunnel(): boolean {
    const refusal = enterTunnel(this.#context, this.#client.ip)
    if (refusal === undefined) this.#holdsTunnel = true
    else this.refuse(refusal.code, refusal.detail ?? '')
    return refusal === undefined
  }

  #answerLocally(exchange: Exchange): void {
    const closes = !this.keepsAlive || this.reader.head.body !== BODY_NONE
    const answer = localAnswer(exchange, this.#dateField(), !closes)
    this.#outcome.status = 200
    this.#outcome.bytesToClient += answer.length
    corkForTurn(this.socket)
    this.socket.write(answer)
    this.finishExchange(closes)
  }

  #refuseBroken(): void {
    const { error = 'VG_REQUEST_MALFORMED', detail } = this.reader.head
    const limit = limitOfHead(error, detail)
    if (limit !== undefined) this.#context.counts.limits[limit]++
    this.#refuseUnread(error, detail)
  }

  /** Answers what could not be read as a request, and closes: nothing behind it has a known meaning. */
  #refuseUnread(code: ErrorCode, detail: string): void {
    const { head } = this.reader
    head.fields.text = ''
    head.fields.count = 0
    head.method = ''
    const exchange = this.#createExchange(head)
    settleRefused(exchange, code, detail, decisionAfter(code, exchange.decision))
    this.#exchange = exchange
    this.#outcome = createOutcome()
    this.#keepsAlive = false
    this.#answerRefusal(exchange, code, detail, true)
  }

  #answerRefusal(exchange: Exchange, code: ErrorCode, detail: string, closes: boolean): void {
    const refusal = toRefusal(exchange, code, detail, this.#dateField(), !closes)
    const { text, bytes, contentType } = renderRefusal(refusal)
    this.#outcome.status = refusal.status
    this.#outcome.contentType = contentType
    this.#outcome.error = code
    this.#outcome.bytesToClient += bytes
    corkForTurn(this.socket)
    // latin1 is written without a copy, and the same where all is ASCII
    this.socket.write(text, bytes === text.length ? 'latin1' : 'utf8')
    this.finishExchange(closes)
  }

  #waitForRequest(): void {
    this.#state = WAITING
    this.#forward = undefined
    this.setDeadline(this.#context.limits.idleTimeoutMs)
    if (this.socket.isPaused()) this.socket.resume()
    this.#pump()
  }

  /** Closes without cutting off the answer: what the client still sends is read and dropped for a while, and so again once all is sent. */
  #linger(): void {
    this.#forward = undefined
    this.#state = LINGERING
    if (this.#hasEnded) this.socket.destroySoon()
    else this.socket.end(() => this.#dropRest())
    this.#dropRest()
  }

  #dropRest(): void {
    this.setDeadline(LINGER_MS)
    this.socket.resume()
  }

  /** Counts the exchange and tells of it, once. */
  #settle(): void {
    const exchange = this.#exchange
    this.#exchange = undefined
    if (exchange === undefined) return
    this.#leaveTunnel()
    const context = this.#context
    const { counts } = context
    const outcome = this.#outcome
    const now = context.wallClock()
    const isTunnel = this.#state === TUNNEL
    if (!isTunnel) {
      counts.bytesFromClient += outcome.bytesFromClient
      counts.bytesToClient += outcome.bytesToClient
    }
    countExchange(
      counts,
      this.#requests,
      exchange,
      outcome,
      isTunnel ? undefined : Math.max(0, now - exchange.startedAt),
    )
    if (context.isRecording()) context.record(toAccessRecord(exchange, outcome, this.#listener, now))
  }

  #finishTunnel(): void {
    this.#stopTunnel = undefined
    this.#settle()
    this.#release()
  }

  #leaveTunnel(): void {
    if (this.#holdsTunnel) this.#context.tunnels.leave(this.#client.ip)
    this.#holdsTunnel = false
  }

  #release(): void {
    this.#state = CLOSED
    this.#stopTunnel?.()
    this.#leaveTunnel()
    this.#context.deadlines.delete(this)
    this.#onClose()
  }
}

/** The limit that a head which could not be read has met. */
function limitOfHead(error: ErrorCode, detail: string): LimitName | undefined {
  if (error === 'VG_URI_TOO_LONG') return 'uriBytes'
  if (error !== 'VG_HEAD_TOO_LARGE') return undefined
  return detail === '' ? 'headBytes' : 'headFields'
}

const EMPTY = Buffer.alloc(0)
