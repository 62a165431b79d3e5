import type { Socket } from 'node:net'
import { type ErrorCode, ProxyError, toProxyError } from '../errors.js'
import { FIELD_CONTENT_TYPE } from '../http/field-table.js'
import { absoluteFormHead, forwardedResponseHead } from '../http/forwarded-head.js'
import type { HeaderPolicy } from '../http/header-policy.js'
import { BODY, BROKEN, END, HEAD, NEED_DATA } from '../http/message-reader.js'
import { firstValue } from '../http/received-value.js'
import { BODY_CHUNKED, BODY_NONE, BODY_UNTIL_CLOSE } from '../http/request-head.js'
import type { ResponseHead } from '../http/response-head.js'
import type { Exchange } from '../pipeline/exchange.js'
import type { Policy } from '../pipeline/policy.js'
import type { Route } from '../pipeline/route.js'
import type { DialTiming } from '../upstream/dial.js'
import { noteDial, noteReuse, type Outcome } from './access-record.js'
import { confirmEnd } from './confirm-end.js'
import type { TransportContext } from './context.js'
import { generationFor, poolKeyOf, toDialRequest } from './dial-request.js'
import { OriginConnection, type OriginUser } from './origin-connection.js'
import { admitCnames } from './target-admission.js'
import { writeAll } from './write-all.js'

/** Methods that may be sent again when a kept connection turns out to be dead (RFC 9110 §9.2.2). */
const IDEMPOTENT: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE', 'PUT', 'DELETE'])
/** RFC 9110 §15.2 sets no number; a flood of them is an attack. */
const MAX_INTERIM_RESPONSES = 32

/** What a forward needs of the client's side. */
export type ForwardClient = {
  readonly socket: Socket
  readonly reader: { next(): number; readonly pieces: readonly Buffer[]; readonly fault: string }
  readonly keepsAlive: boolean
  readonly hasEnded: boolean
  setDeadline(timeoutMs: number): void
  /** Answers with an error of ours; only before any octet of a response. */
  refuse(error: ErrorCode, detail: string): void
  /** The response is complete; `closes` when the connection cannot take another request. */
  finishExchange(closes: boolean): void
  /** The response cannot be completed: the client must not take it for whole. Only a close would end its body, or it has a framing. */
  cutExchange(error: ErrorCode, isEndedByClose: boolean): void
  /** Ends the connection and what goes on in it, at once. */
  close(): void
  /** The origin has switched protocols: from here on octets are only moved. */
  becomeTunnel(origin: Socket, earlyFromOrigin: Buffer): void
}

/**
 * Performs the plan "forward": one message each way between a client and an
 * origin, bodies streamed with back-pressure.
 *
 * Longer than most files: both directions share the state that says who may
 * still act (head sent, request done, response begun, client held), and apart
 * they would have to tell each other of each change.
 */
export class Forward implements OriginUser {
  readonly #context: TransportContext
  readonly #client: ForwardClient
  readonly #exchange: Exchange
  readonly #route: Route
  readonly #outcome: Outcome
  readonly #generation: number | undefined
  readonly #isRetriable: boolean
  #origin: OriginConnection | undefined
  #cancelDial: (() => void) | undefined
  #isHeadSent = false
  #isRequestDone = false
  #isClientHeld = false
  #hasResponse = false
  #isOver = false
  #closes = false
  #isEndedByClose = false
  #interimResponses = 0
  /** Octets of the request body within the time in which `bodyMinRate` is judged; -1 while nothing is expected. */
  #windowBytes = -1
  #originKeepsAlive = false
  #responseHead = ''
  #pieces: Buffer[] = []

  constructor(context: TransportContext, client: ForwardClient, exchange: Exchange, route: Route, outcome: Outcome) {
    this.#context = context
    this.#client = client
    this.#exchange = exchange
    this.#route = route
    this.#outcome = outcome
    this.#generation = generationFor(route, context.identities)
    this.#isRetriable = IDEMPOTENT.has(exchange.method) && exchange.head.body === BODY_NONE && !exchange.upgrade
  }

  get method(): string {
    return this.#exchange.method
  }

  get policy(): Policy {
    return this.#exchange.policy
  }

  get headers(): HeaderPolicy {
    return this.#route.headers
  }

  start(): void {
    // a request that could not be sent again does not risk a connection that may be dead
    const kept = this.#isRetriable && !this.#asksAddress() ? this.#context.pool.take(this.#poolKey()) : undefined
    if (kept === undefined) {
      this.#dial()
      return
    }
    const refusal = this.#asksCnames(kept) ? admitCnames(this.#exchange, this.#route, kept.timing.cnames) : undefined
    if (refusal !== undefined) {
      this.#context.pool.put(kept)
      this.#fail(refusal.code, refusal.detail ?? '')
      return
    }
    kept.assign(this)
    this.#use(kept)
  }

  /** True where what the rules say of a kept connection's canonical names can differ between two requests, or shall be told of each. */
  #asksCnames({ timing: { cnames } }: OriginConnection): boolean {
    const { rules, report } = this.policy
    return cnames.length > 0 && (rules.hasUrlRules || report)
  }

  /** True where what the address rules say can differ between two requests to one host, or shall be told of each. */
  #asksAddress(): boolean {
    const { decision, wouldBlock, policy } = this.#exchange
    if (decision.action === 'block' && !wouldBlock) return true
    const { hasAddressRules, hasUrlRules } = policy.rules
    return hasAddressRules && (hasUrlRules || policy.report) && this.#route.authority.family === 0
  }

  /** The client has sent more, or may be read again. */
  onRequestData(): void {
    if (this.#origin !== undefined && !this.#isRequestDone && !this.#isClientHeld) this.#pumpRequest(this.#origin)
  }

  /** The client reads again. */
  onClientDrain(): void {
    this.#client.setDeadline(this.#context.limits.idleTimeoutMs)
    this.#origin?.socket.resume()
  }

  /** A time-out has run: whose fault it is depends on who was to act. */
  expire(): void {
    const isClientsTurn = !this.#hasResponse && !this.#isRequestDone && !this.#isClientHeld
    const { limits } = this.#context.counts
    if (isClientsTurn) limits[this.#windowBytes > 0 ? 'bodyMinRate' : 'bodyTimeout']++
    else if (this.#hasResponse) limits.idleTimeout++
    else limits.responseTimeout++
    this.#fail(isClientsTurn ? 'VG_BODY_TIMEOUT' : 'VG_RESPONSE_TIMEOUT', '')
  }

  /** The client is gone, or the proxy stops: nothing more is to be done for this exchange. */
  abort(): void {
    this.#isOver = true
    this.#cancelDial?.()
    this.#origin?.close()
    this.#origin = undefined
  }

  onOriginData(): void {
    const origin = this.#origin
    if (origin === undefined) return
    try {
      this.#pumpResponse(origin)
    } catch (error) {
      this.#context.reportFault(error)
      this.#fail('VG_INTERNAL', '')
    }
  }

  #pumpResponse(origin: OriginConnection): void {
    for (;;) {
      const event = origin.reader.next()
      if (event === BODY) {
        this.#pieces.push(...origin.reader.pieces)
        continue
      }
      if (event === HEAD) {
        if (this.#onResponseHead(origin)) continue
        return
      }
      if (event === NEED_DATA) {
        this.#flush(origin)
        return
      }
      if (event === BROKEN) {
        this.#flush(origin)
        this.#fail('VG_ORIGIN_PROTOCOL', origin.reader.fault || origin.reader.head.detail)
        return
      }
      // END of an interim response: the final one follows
      if (!this.#hasResponse) continue
      this.#flush(origin)
      this.#finish(origin)
      return
    }
  }

  onOriginEnd(): void {
    const origin = this.#origin
    if (origin === undefined) return
    if (origin.reader.finish() !== END) this.#onOriginLost(origin, new ProxyError('VG_ORIGIN_TERMINATED'))
    else if (origin.socket.writableLength > 0 || !origin.socket.writable) this.#finish(origin)
    else this.#confirmEnd(origin)
  }

  /** Only its end tells that this body is whole. */
  #confirmEnd(origin: OriginConnection): void {
    confirmEnd(origin.socket, (error) => {
      if (this.#origin !== origin) return
      if (error === undefined || error === null) this.#finish(origin)
      else this.#onOriginLost(origin, new ProxyError('VG_ORIGIN_TERMINATED'))
    })
  }

  onOriginClose(error: Error | undefined): void {
    const origin = this.#origin
    if (origin === undefined) return
    const lost = error === undefined ? new ProxyError('VG_ORIGIN_TERMINATED') : toProxyError(error)
    this.#onOriginLost(origin, lost.code === 'VG_INTERNAL' ? new ProxyError('VG_ORIGIN_TERMINATED') : lost)
  }

  onOriginDrain(): void {
    if (!this.#isClientHeld) return
    this.#holdClient(false)
    if (this.#origin !== undefined) this.#pumpRequest(this.#origin)
  }

  #dial(): void {
    this.#client.setDeadline(0)
    const key = this.#poolKey()
    const request = toDialRequest(this.#exchange, this.#route, this.#generation)
    this.#cancelDial = this.#context.dial(this.policy, request, (error, socket, timing) =>
      this.#onDialled(key, error, socket, timing),
    )
  }

  #poolKey(): string {
    return poolKeyOf(this.#exchange, this.#route, this.#generation)
  }

  #onDialled(key: string, error: ProxyError | null, socket: Socket | null, timing: DialTiming): void {
    this.#cancelDial = undefined
    noteDial(this.#outcome, timing)
    if (socket === null) {
      this.#fail(error?.code ?? 'VG_INTERNAL', error?.detail ?? '')
      return
    }
    const { responseHead, limits, deadlines, pool } = this.#context
    this.#use(new OriginConnection({ key, timing, socket, user: this, responseHead, limits, deadlines, pool }))
  }

  #use(origin: OriginConnection): void {
    this.#origin = origin
    if (origin.uses > 1) noteReuse(this.#outcome, origin.timing)
    if (this.#context.isRecording()) this.#outcome.localIp = origin.socket.localAddress ?? null
    origin.reader.decodeChunks = this.#exchange.minor === 0
    this.#isHeadSent = false
    this.#pumpRequest(origin)
    if (origin.socket.isPaused()) origin.socket.resume()
  }

  /** Sends what there is of the request, the head together with the first of the body. */
  #pumpRequest(origin: OriginConnection): void {
    const { reader } = this.#client
    let pieces: Buffer[] = []
    let event = this.#isRequestDone ? END : reader.next()
    while (event === BODY) {
      pieces = pieces.length === 0 ? [...reader.pieces] : pieces.concat(reader.pieces)
      event = reader.next()
    }
    if (event === BROKEN) {
      this.#fail('VG_FRAMING_CONFLICT', reader.fault)
      return
    }
    // RFC 9112 §9.5: with an answer already there, a client may well stop in the middle of its body
    if (event === NEED_DATA && this.#client.hasEnded && !this.#hasResponse) {
      this.#client.close()
      return
    }
    this.#isRequestDone = event === END
    const head = this.#isHeadSent ? '' : this.#requestHead(origin)
    this.#isHeadSent = true
    let received = 0
    for (const piece of pieces) received += piece.length
    this.#outcome.bytesFromClient += received
    const isWritable = writeAll(origin.socket, head, pieces)
    if (!this.#isRequestDone) this.#holdClient(!isWritable)
    const { limits } = this.#context
    if (this.#hasResponse) this.#client.setDeadline(limits.idleTimeoutMs)
    else if (this.#isRequestDone) this.#client.setDeadline(limits.responseTimeoutMs)
    else this.#awaitBody(received)
  }

  /** The rest of a body is read when the origin takes it; a client that was held back while its origin was dialled is read again. */
  #holdClient(isHeld: boolean): void {
    const { socket } = this.#client
    this.#isClientHeld = isHeld
    if (isHeld) {
      this.#context.counts.limits.bufferBytes++
      socket.pause()
    } else if (socket.isPaused()) socket.resume()
  }

  /** In each `bodyTimeout` the client must send at least what `bodyMinRate` asks for; with a rate of 0, anything. */
  #awaitBody(received: number): void {
    const { bodyTimeoutMs, bodyMinRate } = this.#context.limits
    const isExpected = !this.#isClientHeld && this.#windowBytes !== -1
    if (isExpected) this.#windowBytes += received
    if (isExpected && this.#windowBytes * 1_000 < bodyMinRate * bodyTimeoutMs) return
    if (isExpected && received === 0) return
    this.#windowBytes = this.#isClientHeld ? -1 : 0
    this.#client.setDeadline(bodyTimeoutMs)
  }

  /** Takes over a response head; false when the exchange has ended or left HTTP with it. */
  #onResponseHead(origin: OriginConnection): boolean {
    const { head } = origin.reader
    const { minor } = this.#exchange
    // RFC 9110 §15.5.8: 407 is between a client and its proxy, and that is us
    if (head.status === 407) return this.#onAuthenticationAsked(origin)
    if (head.status === 101) return this.#switchProtocols(origin)
    if (head.status < 200) {
      if (++this.#interimResponses > MAX_INTERIM_RESPONSES) {
        return this.#fail('VG_ORIGIN_PROTOCOL', 'too many interim responses')
      }
      // RFC 9110 §15.2: an HTTP/1.0 client does not understand interim responses
      if (minor === 1) writeAll(this.#client.socket, this.#headForClient(head, ''), [])
      return true
    }
    this.#hasResponse = true
    this.#originKeepsAlive = head.keepAlive
    const isDecoded = head.body === BODY_CHUNKED && minor === 0
    this.#isEndedByClose = head.body === BODY_UNTIL_CLOSE || isDecoded
    this.#closes = !this.#client.keepsAlive || this.#isEndedByClose || !this.#isRequestDone || this.#exchange.upgrade
    this.#responseHead = this.#headForClient(
      head,
      this.#closes ? 'Connection: close\r\n' : minor === 0 ? 'Connection: keep-alive\r\n' : '',
    )
    this.#noteResponse(head)
    return true
  }

  #requestHead({ timing: { upstream } }: OriginConnection): string {
    const { method, requestHead } = this.#exchange
    const parentFields = upstream?.parentFields ?? null
    if (parentFields === null) return requestHead
    return absoluteFormHead({ method, requestHead, host: this.#route.hostField, parentFields })
  }

  #onAuthenticationAsked({ timing: { upstream } }: OriginConnection): false {
    const parent = upstream?.parentFields == null ? undefined : upstream.name
    if (parent !== undefined) return this.#fail('VG_UPSTREAM_CREDENTIALS', parent)
    return this.#fail('VG_ORIGIN_PROTOCOL', 'the origin asks for proxy authentication')
  }

  #headForClient(head: ResponseHead, connection: string): string {
    const { minor, isThirdParty } = this.#exchange
    return forwardedResponseHead(
      head,
      { connection, dropsTransferEncoding: minor === 0, isThirdParty },
      this.#route.headers.response,
    )
  }

  #noteResponse({ status, fields }: ResponseHead): void {
    this.#outcome.status = status
    if (!this.#context.isRecording()) return
    this.#outcome.firstByteAt = this.#context.wallClock()
    this.#outcome.contentType = firstValue(fields, FIELD_CONTENT_TYPE)
  }

  #switchProtocols(origin: OriginConnection): boolean {
    const { head } = origin.reader
    if (!this.#exchange.upgrade || !head.upgrade) {
      return this.#fail('VG_ORIGIN_PROTOCOL', 'the origin switched protocols unasked')
    }
    this.#noteResponse(head)
    writeAll(this.#client.socket, this.#headForClient(head, 'Connection: Upgrade\r\n'), [])
    this.#isOver = true
    this.#origin = undefined
    const early = origin.reader.takeUnread()
    this.#client.becomeTunnel(origin.detach(), early)
    return false
  }

  #flush(origin: OriginConnection): void {
    const head = this.#responseHead
    const pieces = this.#pieces
    if (head === '' && pieces.length === 0) return
    this.#responseHead = ''
    this.#pieces = []
    this.#outcome.bytesToClient += head.length
    for (const piece of pieces) this.#outcome.bytesToClient += piece.length
    this.#client.setDeadline(this.#context.limits.idleTimeoutMs)
    if (writeAll(this.#client.socket, head, pieces)) return
    this.#context.counts.limits.bufferBytes++
    origin.socket.pause()
  }

  #finish(origin: OriginConnection): void {
    this.#isOver = true
    this.#origin = undefined
    // octets behind the response belong to no request: such a connection is not trusted again;
    // and after a reload its address would have to be judged anew
    const isTrusted = origin.reader.unread === 0 && origin.policy === this.#context.policy()
    if (this.#originKeepsAlive && this.#isRequestDone && isTrusted) origin.release()
    else origin.close()
    this.#client.finishExchange(this.#closes || !this.#isRequestDone)
  }

  #onOriginLost(origin: OriginConnection, error: ProxyError): void {
    const isStale = origin.uses > 1 && this.#isRetriable && origin.reader.isIdle && !this.#hasResponse
    this.#origin = undefined
    origin.close()
    if (isStale && this.#interimResponses === 0) this.#dial()
    else this.#fail(error.code, error.detail ?? '')
  }

  /** Ends the exchange with an error: as an answer where none has begun, else by cutting what has. Returns false. */
  #fail(error: ErrorCode, detail: string): false {
    if (this.#isOver) return false
    this.abort()
    if (this.#hasResponse) this.#client.cutExchange(error, this.#isEndedByClose)
    else this.#client.refuse(error, detail)
    return false
  }
}
