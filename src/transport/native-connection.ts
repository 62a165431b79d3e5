import { CONNECTION_ESTABLISHED } from '../answers/local.js'
import type { RequestCounts } from '../counts.js'
import type { ErrorCode } from '../errors.js'
import { parseRequestHead } from '../http/request-head.js'
import { createExchange, type Exchange, refuse } from '../pipeline/exchange.js'
import type { Policy } from '../pipeline/policy.js'
import { decisionAfter } from '../pipeline/refusal-decision.js'
import { decideRequest } from '../pipeline/request-pipeline.js'
import type { Route } from '../pipeline/route.js'
import { createOutcome, noteForLog, type Outcome, toAccessRecord } from './access-record.js'
import type { ClientConnection } from './client-connection.js'
import type { TransportContext } from './context.js'
import { type CountedExchange, countExchange } from './count-exchange.js'
import type { Expiring } from './deadlines.js'
import type { OpenConnection } from './drain.js'
import type { SocketId } from './native-addon.js'
import type { EdgeClient, NativeEdge } from './native-edge.js'
import type { SpliceEnd } from './splice.js'
import { dialTunnel, enterTunnel } from './tunnel.js'

/** What all clients of a native listener share. */
export type NativeHost = {
  readonly context: TransportContext
  readonly edge: NativeEdge
  /** `http://127.0.0.1:3128` */
  readonly listener: string
  /** Of the listener. */
  readonly requests: RequestCounts
  /** Reaches an origin by the guard and the upstreams of the policy under which the exchange was decided. */
  readonly dial: Parameters<typeof dialTunnel<SocketId>>[0]
  /** Whether this upstream or group can be reached by the edge, which speaks no TLS. */
  readonly reaches: (policy: Policy, via: string) => boolean
  /** Goes on with a client on a socket of Node's, counted as it is. @param bornAt coarse clock, ms */
  adopt(fd: number, ip: string, port: number, bornAt: number): ClientConnection
  /** The client is over, or another connection stands for it; `isGone` where its place is free. */
  forget(connection: NativeConnection, isGone: boolean): void
}

/**
 * A client of the native edge, from its first octet to the end of its tunnel.
 * Whatever is no accepted CONNECT goes on as a `ClientConnection`: other
 * requests, heads that cannot be read, refusals, origins that are not reached,
 * and tunnels through upstreams that are spoken to in TLS.
 */
export class NativeConnection implements EdgeClient, Expiring, OpenConnection {
  readonly id: SocketId
  readonly ip: string
  readonly port: number
  deadline: number
  deadlinePlace = -1
  openPlace = -1
  readonly #host: NativeHost
  #isHeadBegun = false
  #exchange: Exchange | undefined
  #outcome: Outcome | undefined
  #cancelDial: (() => void) | undefined
  #holdsTunnel = false
  #isTunnel = false
  /** Of a tunnel that nobody will be told of: it is counted all the same. */
  #counted: CountedExchange | undefined
  readonly #bornAt: number

  constructor(host: NativeHost, id: SocketId, ip: string, port: number) {
    const { deadlines, limits } = host.context
    this.#host = host
    this.id = id
    this.ip = ip
    this.port = port
    this.#bornAt = deadlines.now
    this.deadline = deadlines.now + limits.idleTimeoutMs
    deadlines.add(this)
  }

  get isIdle(): boolean {
    return this.#exchange === undefined && !this.#isHeadBegun && !this.#isTunnel
  }

  close(): void {
    this.#cancelDial?.()
    this.#host.edge.close(this.id, false)
  }

  /** Before a head has come whole; the dial has a time of its own, and a tunnel is watched by the edge. */
  expire(): void {
    const connection = this.#isHeadBegun ? this.#handOver() : undefined
    if (connection !== undefined) {
      connection.expire()
      return
    }
    if (this.isIdle) this.#host.context.counts.limits.idleTimeout++
    this.close()
  }

  onPartial(): void {
    const { deadlines, limits } = this.#host.context
    this.#isHeadBegun = true
    this.deadline = deadlines.now + limits.headTimeoutMs
  }

  onHead(text: string): void {
    try {
      this.#begin(text)
    } catch (error) {
      this.#host.context.reportFault(error)
      this.close()
    }
  }

  onHandOver(fd: number, bytes: Buffer): void {
    try {
      this.#adopt(fd).receive(bytes)
    } catch (error) {
      this.#host.context.reportFault(error)
    }
  }

  onGone(): void {
    this.#cancelDial?.()
    if (this.#exchange !== undefined && this.#outcome !== undefined) {
      this.#outcome.error ??= 'client_aborted'
      this.#settle(this.#exchange, this.#outcome)
    }
    this.#leave(true)
  }

  onEnded({ bytesFromClient, bytesToClient, reason }: SpliceEnd): void {
    const { counts } = this.#host.context
    const exchange = this.#exchange
    const outcome = this.#outcome
    const error = errorOf(reason)
    if (reason === 'idle') counts.limits.tunnelIdleTimeout++
    else if (reason === 'lifetime') counts.limits.connectionLifetime++
    if (exchange !== undefined && outcome !== undefined) {
      outcome.bytesFromClient += bytesFromClient
      outcome.bytesToClient += bytesToClient
      outcome.error = error
      this.#settle(exchange, outcome)
    } else if (this.#counted !== undefined) {
      countExchange(counts, this.#host.requests, this.#counted, { status: 200, error }, undefined)
    }
    this.#leave(true)
  }

  #begin(text: string): void {
    const { context } = this.#host
    const policy = context.policy()
    const head = context.requestHead
    if (!parseRequestHead(text, context.limits, policy.headers.request.table, head)) {
      this.#handOver()
      return
    }
    const exchange = createExchange({
      id: context.nextId(),
      startedAt: context.wallClock(),
      client: this,
      policy,
      head,
    })
    const outcome = createOutcome()
    if (context.isRecording()) {
      exchange.headersRemoved = []
      noteForLog(outcome, head.fields)
    }
    outcome.bytesFromClient = text.length + 2
    this.#exchange = exchange
    this.#outcome = outcome
    this.deadline = 0
    decideRequest(exchange)
    const { plan, route } = exchange
    const egress = route?.egress
    if (plan === 'tunnel' && egress?.isDirect === false && !this.#host.reaches(policy, egress.via)) {
      // TLS with an upstream is not the edge's: it is decided again, by whoever performs it
      this.#exchange = undefined
      this.#outcome = undefined
      this.#handOver()
      return
    }
    if (plan === 'tunnel' && route !== undefined) this.#open(exchange, route, outcome)
    else this.#refuse(exchange, outcome, exchange.error ?? 'VG_INTERNAL', exchange.detail)
  }

  #open(exchange: Exchange, route: Route, outcome: Outcome): void {
    const { context, dial } = this.#host
    const refusal = enterTunnel(context, this.ip)
    if (refusal !== undefined) {
      this.#refuse(exchange, outcome, refusal.code, refusal.detail ?? '')
      return
    }
    this.#holdsTunnel = true
    let isOver = false
    const cancel = dialTunnel(dial, exchange, route, outcome, (error, origin) => {
      isOver = true
      this.#cancelDial = undefined
      if (origin !== null) this.#becomeTunnel(exchange, outcome, origin)
      else this.#refuse(exchange, outcome, error?.code ?? 'VG_INTERNAL', error?.detail ?? '')
    })
    if (!isOver) this.#cancelDial = cancel
  }

  #becomeTunnel(exchange: Exchange, outcome: Outcome, origin: SocketId): void {
    const { context, edge } = this.#host
    const { counts, deadlines, limits } = context
    const localIp = context.isRecording() ? edge.localAddress(origin) : ''
    const lifeMs = Math.max(0, this.#bornAt + limits.connectionLifetimeMs - deadlines.now)
    if (!edge.splice(this.id, origin, limits.tunnelIdleTimeoutMs, lifeMs)) {
      // the client is gone, which is told in a moment
      edge.close(origin, true)
      return
    }
    deadlines.delete(this)
    this.#isTunnel = true
    outcome.bytesToClient += CONNECTION_ESTABLISHED.length
    counts.bytesFromClient += outcome.bytesFromClient
    counts.bytesToClient += outcome.bytesToClient
    if (!context.isRecording()) {
      // nobody will ask: an idle tunnel holds no more than it must
      const { form, decision, wouldBlock, detail } = exchange
      this.#counted = { method: '', form, decision, wouldBlock, detail }
      this.#exchange = undefined
      this.#outcome = undefined
      return
    }
    outcome.status = 200
    outcome.localIp = localIp === '' ? null : localIp
  }

  #refuse(exchange: Exchange, outcome: Outcome, code: ErrorCode, detail: string): void {
    const fd = this.#host.edge.detach(this.id)
    if (fd === -1) {
      // gone meanwhile: told in a moment, and recorded then
      if (exchange.error !== code) refuse(exchange, code, detail, decisionAfter(code, exchange.decision))
      return
    }
    this.#adopt(fd).refuseDecided(exchange, outcome, code, detail)
  }

  /** Goes on as a connection that reads by itself. */
  #handOver(): ClientConnection | undefined {
    const taken = this.#host.edge.takeOver(this.id)
    if (taken === null) return undefined
    const [fd, bytes] = taken
    const connection = this.#adopt(fd)
    connection.receive(bytes)
    return connection
  }

  #adopt(fd: number): ClientConnection {
    this.#leave(false)
    return this.#host.adopt(fd, this.ip, this.port, this.#bornAt)
  }

  #settle(exchange: Exchange, outcome: Outcome): void {
    const { context, listener, requests } = this.#host
    const { counts } = context
    const now = context.wallClock()
    if (!this.#isTunnel) counts.bytesFromClient += outcome.bytesFromClient
    const durationMs = this.#isTunnel ? undefined : Math.max(0, now - exchange.startedAt)
    countExchange(counts, requests, exchange, outcome, durationMs)
    if (context.isRecording()) context.record(toAccessRecord(exchange, outcome, listener, now))
  }

  #leave(isGone: boolean): void {
    const { context } = this.#host
    if (this.#holdsTunnel) context.tunnels.leave(this.ip)
    this.#holdsTunnel = false
    context.deadlines.delete(this)
    this.#host.forget(this, isGone)
  }
}

/** What broke a tunnel, in the words of a record. */
function errorOf(reason: SpliceEnd['reason']): Outcome['error'] {
  if (reason === 'origin-reset') return 'VG_ORIGIN_TERMINATED'
  return reason === 'client-reset' ? 'client_aborted' : null
}
