import type { Socket } from 'node:net'
import { type Counts, observeAt } from '../counts.js'
import type { ErrorCode, ProxyError } from '../errors.js'
import type { Chain } from './chain.js'
import type { Dial, DialDone } from './dial.js'
import type { HopTarget } from './handshake.js'
import type { Health } from './health.js'
import type { Wire } from './wire.js'

/** What is known of one upstream for as long as it is configured, whatever is reloaded around it. */
export type MemberState = {
  readonly name: string
  readonly health: Health
  /** Connections open through it. */
  connections: number
  /** Of late, from the first packet to a connection to the target, in ms; 0 while none was measured. */
  latencyMs: number
  /** Attempts so far. */
  dials: number
}

export type Member<S = Socket> = {
  readonly state: MemberState
  readonly dial: Dial<S>
  /** Asks whether it works: a connection to `target` through it, or to its last hop alone. Returns a function that cancels. */
  probe(target: HopTarget | undefined, timeoutMs: number): () => void
}

/** Weight of the latest measurement. */
const LATENCY_SHARE = 0.3
/** A failure that took less time than this, and than half of what it was given, may be met again at once. */
const QUICK_MS = 500

/** What a failed dial says of the upstream: nothing of what it reports of the target is its fault. */
const FAULTS: ReadonlySet<ErrorCode> = new Set(['VG_UPSTREAM_UNAVAILABLE', 'VG_UPSTREAM_CREDENTIALS'])
/** Nothing was asked of it. */
const NOT_ASKED: ReadonlySet<ErrorCode> = new Set([
  'VG_DNS_ERROR',
  'VG_DNS_TIMEOUT',
  'VG_PROXY_LOOP',
  'VG_ADDRESS_PROHIBITED',
  'VG_REQUEST_BLOCKED',
  'VG_CONNECTION_LIMIT',
  'VG_DIAL_LIMIT',
])

export function isUpstreamFault(error: ProxyError | null): boolean {
  return error !== null && FAULTS.has(error.code)
}

/** A chain whose every attempt is told to its state, and the time of those that succeed to the counts. */
export function createMember<S>(
  state: MemberState,
  chain: Chain<S>,
  wire: Pick<Wire<S>, 'destroy' | 'onClosed'>,
  now: () => number,
  counts: Pick<Counts, 'connectMs'>,
): Member<S> {
  const { health } = state

  function watched(timeoutMs: number, start: (done: DialDone<S>) => () => void, done: DialDone<S>): () => void {
    const startedAt = now()
    let isOver = false
    state.dials++
    health.begin(startedAt)
    const cancel = start((error, socket, timing) => {
      isOver = true
      note(error, startedAt, timeoutMs, timing.dnsMs ?? 0)
      if (socket !== null) count(socket)
      done(error, socket, timing)
    })
    return () => {
      if (isOver) return
      isOver = true
      cancel()
      health.giveUp()
    }
  }

  function note(error: ProxyError | null, startedAt: number, timeoutMs: number, dnsMs: number): void {
    const took = now() - startedAt
    if (error === null) {
      const measured = Math.max(0.1, took - dnsMs)
      state.latencyMs =
        state.latencyMs === 0 ? measured : state.latencyMs + (measured - state.latencyMs) * LATENCY_SHARE
      observeAt(counts.connectMs, state.name, measured)
      health.succeed()
    } else if (isUpstreamFault(error)) {
      health.fail(
        startedAt,
        now(),
        took < Math.min(QUICK_MS, timeoutMs / 2) ? 'quick' : 'slow',
        error.detail ?? error.message,
      )
    } else if (NOT_ASKED.has(error.code)) {
      health.giveUp()
    } else {
      health.succeed()
    }
  }

  function count(socket: S): void {
    state.connections++
    wire.onClosed(socket, () => {
      state.connections--
    })
  }

  return {
    state,
    dial: (request, done) =>
      watched(request.timeoutMs ?? chain.connectTimeoutMs, (told) => chain.dial(request, told), done),

    probe(target, timeoutMs) {
      const done: DialDone<S> = (_error, socket) => {
        if (socket !== null) wire.destroy(socket)
      }
      if (target !== undefined) {
        return watched(timeoutMs, (told) => chain.dial({ ...target, timeoutMs }, told), done)
      }
      const startedAt = now()
      return chain.reach(timeoutMs, (error, socket, timing) => {
        if (error === null) health.invite(now())
        else note(error, startedAt, timeoutMs, timing.dnsMs ?? 0)
        done(error, socket, timing)
      })
    },
  }
}
