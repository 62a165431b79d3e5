import { isIPv6, type Socket } from 'node:net'
import { type Counts, observeAt } from '../counts.js'
import { type ErrorCode, ProxyError, toProxyError } from '../errors.js'
import { createLastingMap, type LastingMap } from '../lasting-map.js'
import type { Egress } from '../pipeline/routing.js'
import type { EgressAddresses } from '../policy/egress-addresses.js'
import type { EgressGuard } from '../policy/egress-guard.js'
import { createAddressJudge } from './address-judge.js'
import { createSocketConnect } from './connect-socket.js'
import type { Descriptors } from './descriptors.js'
import type { HostResolver } from './resolver.js'

/** RFC 8305 §5: Connection Attempt Delay. */
const ATTEMPT_DELAY_MS = 250

export type DialRequest = {
  /** Canonical form. */
  readonly host: string
  readonly port: number
  /** 0 for a name, 4 or 6 for an address literal. */
  readonly family: 0 | 4 | 6
  /** The caller's own rules, asked once for everything DNS answered (or the literal), before the guard drops any. */
  readonly admit?: (addresses: readonly string[], cnames: readonly string[]) => ProxyError | undefined
  /** Which of the egress addresses it goes out from, by `EgressAddresses.at`: the same number, the same address. Not given: in turn. */
  readonly egressIndex?: bigint
  /** Of the identity with which it leaves; not set: the one in force. */
  readonly generation?: number | undefined
  /** Stands for that identity where names are looked up, and is told nobody. */
  readonly identity?: string
  /** How it leaves, where that was decided before; else the routes are asked. */
  readonly egress?: Egress | undefined
  /** Who asks, for groups that give one client one member: its address, and its name where it has one. */
  readonly client?: { readonly ip: string; readonly user: string | null }
  /** What is sent is an http:// request, which may go to a parent proxy in absolute-form (RFC 9112 §3.2.2). */
  readonly isPlainRequest?: boolean
  /** For all there is to it, in ms; not set: `limits.connectTimeout`. */
  readonly timeoutMs?: number
}

/** The upstream that a connection goes through, or that was tried last. */
export type DialedUpstream = {
  readonly name: string
  /** Of its first hop; null where none was connected to. */
  readonly ip: string | null
  /**
   * What stands at the other end is a parent proxy that takes requests in absolute-form, with these field lines (its
   * credentials, each line with CRLF) in each. Null: it is the target.
   */
  readonly parentFields: string | null
}

/** What is known of a dial when it ends, whichever way; null for a step that did not happen. */
export type DialTiming = {
  /** The address of the target connected to, or the one tried last; null where an upstream knows it alone. */
  readonly ip: string | null
  /** Canonical names that the target is an alias of, nearest first. */
  readonly cnames: readonly string[]
  readonly dnsMs: number | null
  readonly connectMs: number | null
  readonly upstream?: DialedUpstream
}

/** Hears of attempts to connect, each under its number. */
export type ConnectObserver<S> = {
  onConnect(attempt: number, socket: S): void
  onError(attempt: number, error: unknown): void
}

/**
 * Starts one attempt to connect to an address that was judged. The observer hears of it once, after the call.
 *
 * @returns abandons the attempt: nothing is heard of it any more and nothing stays open
 */
export type Connect<S> = (to: ConnectTarget, attempt: number, observer: ConnectObserver<S>) => () => void

export type ConnectTarget = {
  readonly ip: string
  readonly port: number
  /** The address to go out from, and from no other; an error of the `syscall` `bind` where that cannot be. */
  readonly localAddress: string | undefined
}

/** `S`: what stands for a connection; a socket of Node's, or an id of the native edge. */
export type DialDone<S = Socket> = (error: ProxyError | null, socket: S | null, timing: DialTiming) => void

/**
 * `done` runs once, before `dial` returns where no name must be asked and no
 * connection made. A socket it gets is connected, half-open allowed, not
 * flowing (it may be paused: whoever reads, resumes) and without any listener
 * but for `close` of whoever counts connections: an `error` listener must be on
 * it before `done` returns.
 *
 * @returns cancels: `done` will not run and nothing stays open. After `done` it does nothing.
 */
export type Dial<S = Socket> = (request: DialRequest, done: DialDone<S>) => () => void

export type DialLimits = {
  /** For DNS and all attempts together. */
  readonly connectTimeoutMs: number
  readonly pendingDialsPerOrigin: number
  /** Octets that a connection holds before its writer is told to wait. */
  readonly bufferBytes: number
}

export type DialerOptions = {
  readonly resolver: Pick<HostResolver, 'lookup'>
  readonly guard: EgressGuard
  /** Whether address and port are one of this proxy's own listeners. */
  readonly isOwn: (ip: string, port: number) => boolean
  readonly limits: DialLimits
  readonly descriptors: Descriptors
  /** From which of our addresses targets are dialled; without, the system chooses. */
  readonly egressAddresses?: EgressAddresses
  /** Milliseconds on any clock that does not go back. */
  readonly now: () => number
  readonly counts: Counts
  /** Under which the time to connect is counted; without it, it is not. */
  readonly route?: string
  /** Shared by dialers that count together; without it a dialer counts by itself. */
  readonly lines?: DialLines
}

/** Dials by `host:port`: how many go on, and those that wait for one of them to end. */
export type DialLines = LastingMap<DialLine>

type DialLine = { active: number; readonly waiting: Set<() => void> }

export function createDialLines(): DialLines {
  return createLastingMap(({ active, waiting }) => active === 0 && waiting.size === 0)
}

/** Dials with sockets of Node's; see `createRace`. */
export function createDialer(options: DialerOptions): Dial {
  return createRace(options, createSocketConnect(options.descriptors, options.limits.bufferBytes))
}

/**
 * Dials exactly the addresses it judged, so that a name which answers
 * differently the next time (rebinding) gains nothing. In this order: own
 * listeners are refused (`VG_PROXY_LOOP`), the caller's rules are asked, the
 * guard drops what it refuses (`VG_ADDRESS_PROHIBITED` where nothing is left),
 * and the rest races by RFC 8305. The error of a lost race is the one that says
 * most: an origin that refused rather than one without a route.
 *
 * Where egress addresses are configured, every attempt goes out from one of them, of the
 * family of the address dialled; where that cannot be, it fails
 * (`VG_EGRESS_ADDRESS`) and never goes out from another.
 *
 * Longer than most files: name, line, addresses and attempts of one dial end together, at whichever step it is cancelled.
 */
export function createRace<S>(options: DialerOptions, connect: Connect<S>): Dial<S> {
  const { resolver, egressAddresses, limits, descriptors, now, counts, route, lines = createDialLines() } = options
  const { connectTimeoutMs } = limits
  const judge = createAddressJudge(options)

  function leave(line: DialLine): void {
    for (const begin of line.waiting) {
      line.waiting.delete(begin)
      // not within this one: a thousand that fail at once would be a thousand calls deep
      process.nextTick(begin)
      return
    }
    line.active--
  }

  function lineOf(origin: string): DialLine {
    const known = lines.get(origin)
    if (known !== undefined) return known
    const line: DialLine = { active: 0, waiting: new Set() }
    lines.add(origin, line)
    return line
  }

  /** Whose turn it is. */
  let next4 = 0n
  let next6 = 0n

  return function dial(request, done) {
    const { host, port, family, egressIndex, timeoutMs = connectTimeoutMs } = request
    if (descriptors.isExhausted()) {
      counts.limits.descriptors++
      done(new ProxyError('VG_CONNECTION_LIMIT'), null, { ip: null, cnames: NO_CNAMES, dnsMs: null, connectMs: null })
      return nothingToCancel
    }
    const line = lineOf(`${host}:${port}`)
    const askedAt = now()
    let startedAt = askedAt
    let hasBegun = false
    let dnsMs: number | null = null
    let connectStartedAt = startedAt
    let cancelLookup: (() => void) | undefined
    let candidates: readonly string[] = []
    let cnames: readonly string[] = NO_CNAMES
    let egress4: string | undefined
    let egress6: string | undefined
    /** What abandons each attempt, by index of the candidate. */
    const attempts: (() => void)[] = []
    let openAttempts = 0
    let failure: ProxyError | undefined
    let isOver = false
    let deadline: NodeJS.Timeout | undefined
    let nextAttempt: NodeJS.Timeout | undefined

    /** @param winner the attempt whose connection lives on, -1 for none */
    function release(winner: number): void {
      isOver = true
      if (hasBegun) leave(line)
      else line.waiting.delete(begin)
      clearTimeout(deadline)
      clearTimeout(nextAttempt)
      cancelLookup?.()
      for (let i = 0; i < attempts.length; i++) if (i !== winner) attempts[i]?.()
    }

    function fail(error: ProxyError): void {
      if (error.code === 'VG_CONNECTION_LIMIT') counts.limits.descriptors++
      release(NO_ATTEMPT)
      const tried = attempts.length
      const ip = candidates[tried - 1] ?? null
      done(error, null, { ip, cnames, dnsMs, connectMs: tried === 0 ? null : now() - connectStartedAt })
    }

    function onAddresses(error: ProxyError | null, addresses: readonly string[], names: readonly string[]): void {
      cancelLookup = undefined
      cnames = names
      if (family === 0) dnsMs = now() - startedAt
      const refusal = error ?? take(addresses)
      if (refusal !== undefined) {
        fail(refusal)
        return
      }
      connectStartedAt = now()
      tryNext()
    }

    /** Why none of the addresses may be dialled, or else they are the `candidates`. */
    function take(addresses: readonly string[]): ProxyError | undefined {
      const judged = judge(request, interleaveFamilies(addresses), cnames)
      if (judged instanceof ProxyError) return judged
      candidates = judged
      return egressAddresses?.isConfigured ? chooseEgress(egressAddresses) : undefined
    }

    /** Leaves the candidates of a family for which there is an address of ours; or why there is none. */
    function chooseEgress(ours: EgressAddresses): ProxyError | undefined {
      const [first = ''] = candidates
      const wants6 = candidates.some((ip) => isIPv6(ip))
      if (wants6) egress6 = ours.at(6, egressIndex ?? next6++)
      if (!wants6 || candidates.some((ip) => !isIPv6(ip))) egress4 = ours.at(4, egressIndex ?? next4++)
      candidates = candidates.filter((ip) => egressFor(ip) !== undefined)
      if (candidates.length > 0) return undefined
      return new ProxyError('VG_EGRESS_ADDRESS', `egress.addresses has none of IPv${isIPv6(first) ? 6 : 4}`)
    }

    function egressFor(ip: string): string | undefined {
      // none is configured
      if (egress4 === egress6) return undefined
      return isIPv6(ip) ? egress6 : egress4
    }

    function tryNext(): void {
      const ip = candidates[attempts.length]
      if (ip === undefined) return
      openAttempts++
      const abandon = connect({ ip, port, localAddress: egressFor(ip) }, attempts.length, observer)
      if (attempts.push(abandon) < candidates.length) nextAttempt = setTimeout(tryNext, ATTEMPT_DELAY_MS)
    }

    function onConnect(attempt: number, socket: S): void {
      release(attempt)
      const connectMs = now() - connectStartedAt
      if (route !== undefined) observeAt(counts.connectMs, route, connectMs)
      done(null, socket, { ip: candidates[attempt] ?? null, cnames, dnsMs, connectMs })
    }

    function onError(_attempt: number, error: unknown): void {
      openAttempts--
      failure = moreTelling(failure, toDialError(error))
      if (attempts.length < candidates.length) {
        clearTimeout(nextAttempt)
        tryNext()
      } else if (openAttempts === 0) {
        fail(failure)
      }
    }

    function onDeadline(): void {
      counts.limits.connectTimeout++
      // most of its time went by in the line
      if (!hasBegun || startedAt - askedAt > timeoutMs / 2) fail(new ProxyError('VG_DIAL_LIMIT'))
      else fail(new ProxyError(attempts.length === 0 ? 'VG_DNS_TIMEOUT' : 'VG_ORIGIN_CONNECT_TIMEOUT'))
    }

    const observer: ConnectObserver<S> = { onConnect, onError }

    function begin(): void {
      // given up between its turn and now
      if (isOver) {
        leave(line)
        return
      }
      hasBegun = true
      startedAt = now()
      if (family === 0) cancelLookup = resolver.lookup(host, onAddresses, request.identity)
      else onAddresses(null, [host], NO_CNAMES)
    }

    if (line.active < limits.pendingDialsPerOrigin) {
      line.active++
      begin()
    } else {
      counts.limits.pendingDialsPerOrigin++
      line.waiting.add(begin)
    }
    if (isOver) return nothingToCancel
    deadline = setTimeout(onDeadline, timeoutMs)
    return function cancel() {
      if (!isOver) release(NO_ATTEMPT)
    }
  }
}

const NO_ATTEMPT = -1

/** Strongest last; a code that is not here ranks lowest. */
const TELLING: readonly ErrorCode[] = [
  'VG_INTERNAL',
  'VG_ORIGIN_CONNECT_TIMEOUT',
  'VG_ORIGIN_TERMINATED',
  'VG_ORIGIN_REFUSED',
  // whoever runs the proxy has to mend it
  'VG_EGRESS_ADDRESS',
]

function moreTelling(before: ProxyError | undefined, latest: ProxyError): ProxyError {
  return before !== undefined && TELLING.indexOf(before.code) > TELLING.indexOf(latest.code) ? before : latest
}

/** RFC 8305 §4: families take turns, IPv6 first, each in the order it was answered. */
function interleaveFamilies(addresses: readonly string[]): readonly string[] {
  if (addresses.length === 1) return addresses
  const six = addresses.filter((ip) => isIPv6(ip))
  const four = addresses.filter((ip) => !isIPv6(ip))
  if (six.length === 0 || four.length === 0) return addresses
  const ordered: string[] = []
  for (let i = 0; i < six.length || i < four.length; i++) ordered.push(...six.slice(i, i + 1), ...four.slice(i, i + 1))
  return ordered
}

/** A socket that could not be bound never tried to reach anybody. */
function toDialError(error: unknown): ProxyError {
  const { syscall, address, code } = error as NodeJS.ErrnoException & { readonly address?: string }
  if (syscall !== 'bind') return toProxyError(error)
  return new ProxyError('VG_EGRESS_ADDRESS', `${address} (${code})`, { cause: error })
}

const NO_CNAMES: readonly string[] = []

function nothingToCancel(): void {}
