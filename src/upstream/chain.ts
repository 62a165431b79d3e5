import type { Socket } from 'node:net'
import { type ErrorCode, ProxyError } from '../errors.js'
import { isLocalhost, LOOPBACK_ADDRESSES } from '../http/special-names.js'
import { type Hop, isHttpHop, resolvesRemotely } from '../policy/hop.js'
import type { AddressJudge } from './address-judge.js'
import type { Dial, DialDone, DialRequest, DialTiming } from './dial.js'
import { type HopTarget, shakeHands } from './handshake.js'
import { credentialFields, httpHandshake } from './http-connect.js'
import type { Credentials } from './identities.js'
import type { HostResolver, LookupDone } from './resolver.js'
import { socksHandshake } from './socks.js'
import type { Wire } from './wire.js'

export type ChainOptions<S = Socket> = {
  /** Of the upstream, for logs. */
  readonly name: string
  /** Nearest to us first; at least one. */
  readonly hops: readonly Hop[]
  /** Authorities in PEM that its https hops may also be signed by. */
  readonly ca: string | undefined
  /** What the last hop, which is SOCKS5 then, is told instead of what stands in its URL. */
  readonly identify?: ((request: DialRequest) => Credentials) | undefined
  /** Reaches the first hop: a configured upstream is asked neither guard nor rules about. */
  readonly connect: Dial<S>
  readonly wire: Wire<S>
  readonly resolver: Pick<HostResolver, 'lookup'>
  /** For targets: addresses that are looked up here, and literals. */
  readonly judge: AddressJudge
  readonly connectTimeoutMs: number
  /** Milliseconds on any clock that does not go back. */
  readonly now: () => number
}

export type Chain<S = Socket> = {
  /** What a dial has whose request does not say. */
  readonly connectTimeoutMs: number
  readonly dial: Dial<S>
  /** Connects to the last hop, TLS included, and asks it for nothing. */
  readonly reach: (timeoutMs: number, done: DialDone<S>) => () => void
}

/**
 * A connection through one proxy after the other. Each hop is asked, by its own
 * protocol and with its own credentials, to connect to the next, and the last to
 * connect to the target; each request runs inside the connection that the hop
 * before it made, so no hop sees what is said to another one in TLS, and none
 * gets credentials that are not its own.
 *
 * Names are sent as they are to hops that look them up (http, https, socks4a,
 * socks5h): then nothing is asked here, and of `localhost` alone, which may be this
 * machine's, an address is judged. For socks4 and socks5 the target is looked
 * up and judged here, before anything is connected.
 */
export function createChain<S>(options: ChainOptions<S>): Chain<S> {
  const { name, hops, ca, identify, connect, wire, resolver, judge, connectTimeoutMs, now } = options
  const [first] = hops
  const last = hops.at(-1)
  if (first === undefined || last === undefined) throw new TypeError(`the upstream ${name} has no hop`)
  const { secure } = wire
  if (secure === undefined && hops.some(({ scheme }) => scheme === 'https')) {
    throw new TypeError(`the upstream ${name} has an https hop, and this wire no TLS`)
  }
  const parentFields = credentialFields(last)

  /** @param request undefined: up to the last hop, and not further */
  function run(request: DialRequest | undefined, timeoutMs: number, done: DialDone<S>): () => void {
    const startedAt = now()
    /** What leads furthest, and what it runs over. */
    let socket: S | undefined
    const below: S[] = []
    let cancelStep: (() => void) | undefined
    let steps = 0
    let isOver = false
    let ip: string | null = null
    let targetIp: string | null = null
    let cnames: readonly string[] = NO_CNAMES
    let dnsMs: number | null = null
    let deadline: NodeJS.Timeout | undefined
    const credentials = request === undefined ? undefined : identify?.(request)
    const isForwarded = request?.isPlainRequest === true && isHttpHop(last as Hop)

    function timing(): DialTiming {
      const upstream = { name, ip, parentFields: isForwarded ? parentFields : null }
      return { ip: targetIp, cnames, dnsMs, connectMs: now() - startedAt - (dnsMs ?? 0), upstream }
    }

    function release(): void {
      isOver = true
      clearTimeout(deadline)
    }

    /** A step that is answered at once has begun the next one before it returns: its own cancel is worth nothing then. */
    function step(begin: () => () => void): void {
      const mine = ++steps
      const cancel = begin()
      if (mine === steps) cancelStep = cancel
    }

    function abandonAll(): void {
      if (socket !== undefined) wire.destroy(socket)
      for (const one of below) wire.destroy(one)
    }

    function fail(error: ProxyError): void {
      if (isOver) return
      release()
      abandonAll()
      done(error, null, timing())
    }

    function start(target: HopTarget | undefined): void {
      const { host, port, family } = first as Hop
      const left = Math.max(1, startedAt + timeoutMs - now())
      step(() =>
        connect({ host, port, family, timeoutMs: left }, (error, connected, hop) => {
          ip = hop.ip
          if (connected === null) {
            fail(toHopError(error))
            return
          }
          socket = connected
          enter(0, target)
        }),
      )
    }

    /** What stands at the other end is the hop `i`. */
    function enter(i: number, target: HopTarget | undefined): void {
      const hop = hops[i] as Hop
      if (hop.scheme !== 'https' || secure === undefined) {
        ask(i, target)
        return
      }
      const bare = socket as S
      below.push(bare)
      step(() =>
        secure(bare, hop, ca, (error, secured) => {
          socket = secured
          if (error === null) ask(i, target)
          else fail(error)
        }),
      )
    }

    function ask(i: number, target: HopTarget | undefined): void {
      const hop = hops[i] as Hop
      const next = hops[i + 1]
      const wanted = next ?? target
      if (wanted === undefined || (next === undefined && isForwarded)) {
        succeed()
        return
      }
      if (next === undefined || resolvesRemotely(hop) || wanted.family !== 0) {
        askFor(i, hop, wanted, target)
        return
      }
      step(() =>
        resolver.lookup(next.host, (error, addresses) => {
          const address = usableBy(hop, addresses)
          if (error !== null || address === undefined) fail(toHopError(error))
          else askFor(i, hop, { ...next, host: address, family: familyOf(address) }, target)
        }),
      )
    }

    function askFor(i: number, hop: Hop, wanted: HopTarget, target: HopTarget | undefined): void {
      const isLast = i === hops.length - 1
      const handshakeWith = isHttpHop(hop) ? httpHandshake : socksHandshake
      const handshake = handshakeWith(isLast ? identified(hop) : hop, wanted)
      step(() =>
        shakeHands(wire, socket as S, handshake, (error) => {
          if (error !== null) fail(isLast ? error : toHopError(error))
          else if (isLast) succeed()
          else enter(i + 1, target)
        }),
      )
    }

    /** A hop that takes no user and password then would let identities meet. */
    function identified(hop: Hop): Hop {
      return credentials === undefined ? hop : { ...hop, ...credentials, mustAuthenticate: true }
    }

    function succeed(): void {
      if (isOver) return
      release()
      done(null, socket as S, timing())
    }

    function withTarget(wanted: DialRequest): void {
      if (wanted.family !== 0) {
        onAddresses(wanted, null, [wanted.host], NO_CNAMES)
      } else if (resolvesRemotely(last as Hop)) {
        const judged = isLocalhost(wanted.host) ? judge(wanted, LOOPBACK_ADDRESSES, NO_CNAMES) : undefined
        if (judged instanceof ProxyError) fail(judged)
        else start(wanted)
      } else {
        const onTarget: LookupDone = (error, addresses, names) => {
          dnsMs = now() - startedAt
          cnames = names
          onAddresses(wanted, error, addresses, names)
        }
        step(() => resolver.lookup(wanted.host, onTarget, credentials?.password))
      }
    }

    function onAddresses(
      wanted: DialRequest,
      error: ProxyError | null,
      addresses: readonly string[],
      names: readonly string[],
    ): void {
      const judged = error ?? judge(wanted, addresses, names)
      if (judged instanceof ProxyError) {
        fail(judged)
        return
      }
      const address = usableBy(last as Hop, judged)
      if (address === undefined) {
        fail(new ProxyError('VG_ORIGIN_UNROUTABLE', 'socks4 reaches IPv4 addresses only'))
        return
      }
      if (!resolvesRemotely(last as Hop)) targetIp = address
      start({ host: address, port: wanted.port, family: familyOf(address) })
    }

    deadline = setTimeout(() => {
      cancelStep?.()
      const isLookingUp = ip === null && dnsMs === null && request?.family === 0 && !resolvesRemotely(last as Hop)
      fail(
        isLookingUp
          ? new ProxyError('VG_DNS_TIMEOUT')
          : new ProxyError('VG_UPSTREAM_UNAVAILABLE', 'it did not answer in time'),
      )
    }, timeoutMs)
    if (request === undefined) start(undefined)
    else withTarget(request)
    return function cancel() {
      if (isOver) return
      release()
      cancelStep?.()
      abandonAll()
    }
  }

  return {
    connectTimeoutMs,
    dial: (request, done) => run(request, request.timeoutMs ?? connectTimeoutMs, done),
    reach: (timeoutMs, done) => run(undefined, timeoutMs, done),
  }
}

/** IPv4 first: an upstream may well have no IPv6. */
function usableBy({ scheme }: Hop, addresses: readonly string[]): string | undefined {
  const four = addresses.find((ip) => !ip.includes(':'))
  return four ?? (scheme === 'socks4' ? undefined : addresses[0])
}

function familyOf(address: string): 4 | 6 {
  return address.includes(':') ? 6 : 4
}

/** A hop that cannot be reached is a fault of the upstream, not of the target; a proxy that leads to itself and limits of ours are neither. */
function toHopError(error: ProxyError | null): ProxyError {
  if (error !== null && NOT_OF_THE_HOP.has(error.code)) return error
  return new ProxyError('VG_UPSTREAM_UNAVAILABLE', HOP_REASONS[error?.code ?? ''] ?? error?.detail, { cause: error })
}

const NO_CNAMES: readonly string[] = []

const NOT_OF_THE_HOP: ReadonlySet<ErrorCode> = new Set([
  'VG_PROXY_LOOP',
  'VG_UPSTREAM_CREDENTIALS',
  'VG_CONNECTION_LIMIT',
  'VG_DIAL_LIMIT',
])

const HOP_REASONS: Readonly<Record<string, string>> = {
  VG_ORIGIN_REFUSED: 'it refuses connections',
  VG_ORIGIN_CONNECT_TIMEOUT: 'it did not answer in time',
  VG_ORIGIN_UNROUTABLE: 'there is no route to it',
  VG_ORIGIN_TERMINATED: 'it closed the connection',
  VG_DNS_ERROR: 'its name does not resolve',
  VG_DNS_TIMEOUT: 'its name was not resolved in time',
}
