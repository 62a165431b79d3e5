import { type Counts, countOne, observe } from '../counts.js'
import { ProxyError } from '../errors.js'
import { isLocalhost, isNeverAsked, LOOPBACK_ADDRESSES } from '../http/special-names.js'
import { failedReply } from './dns/transport.js'
import type { DnsAnswer, DnsClient } from './dns-client.js'
import { createHostsFile } from './hosts-file.js'

/** Below the floor a site's TTL would mean a query per connection; above the cap a moved site stays lost for long. */
const MIN_TTL_MS = 5_000
const MAX_TTL_MS = 3_600_000
/** Failures hold so long at least, and a name that does not exist as long as its zone says (RFC 2308), up to the cap: it may be made any time. */
const MIN_NEGATIVE_TTL_MS = 5_000
const MAX_NEGATIVE_TTL_MS = 300_000
/** About 2 MB of names. */
const MAX_CACHED_NAMES = 10_000

const NONE: readonly string[] = []

/** `cnames` are the canonical names that DNS said the name is an alias of (CNAME), nearest first. */
export type LookupDone = (error: ProxyError | null, addresses: readonly string[], cnames: readonly string[]) => void

export type HostResolverOptions = {
  readonly dns: DnsClient
  readonly timeoutMs: number
  /** Milliseconds on any clock that does not go back. */
  readonly now: () => number
  readonly counts: Counts
  /** Queries in flight; others wait. */
  readonly maxQueries: number
  readonly hostsPath?: string
}

export type HostResolver = {
  /**
   * Addresses of a name in canonical form, at least one where there is no error:
   * `VG_DNS_ERROR` with the RCODE's name or what went wrong as detail, or `VG_DNS_TIMEOUT`. `done`
   * runs once, before `lookup` returns where the answer is known.
   *
   * @param identity of the route that the name is for, where it isolates: see `DnsTransport`. What one has asked for is
   *   known to all.
   * @returns cancels: `done` will not run
   */
  lookup(host: string, done: LookupDone, identity?: string): () => void
  /** Lookups under way fail; names that need a query fail from now on. */
  close(): void
}

/**
 * /etc/hosts, then names that must not be asked for, then a cache over DNS.
 * TTLs hold between 5 s and an hour, failures between 5 s and 5 minutes, time-outs
 * not at all; lookups of one name share a query.
 */
export function createResolver(options: HostResolverOptions): HostResolver {
  const { dns, timeoutMs, now, counts, maxQueries, hostsPath = '/etc/hosts' } = options
  const hosts = createHostsFile({ path: hostsPath, now })
  const cache = new Map<string, CachedAnswer>()
  const queries = new Map<string, Query>()
  const waitingForSlot = new Set<Query>()
  let inFlight = 0
  let isClosed = false

  function startQuery(host: string, identity: string | undefined): Query {
    const query: Query = {
      host,
      identity,
      waiters: new Set(),
      early: undefined,
      startedAt: now(),
      slotTimer: undefined,
    }
    queries.set(host, query)
    if (inFlight < maxQueries) {
      send(query)
    } else {
      counts.limits.dnsQueries++
      waitingForSlot.add(query)
      query.slotTimer = setTimeout(() => {
        waitingForSlot.delete(query)
        finish(query, TIMED_OUT)
      }, timeoutMs)
    }
    return query
  }

  function send(query: Query): void {
    clearTimeout(query.slotTimer)
    inFlight++
    const budgetMs = Math.max(1, query.startedAt + timeoutMs - now())
    dns.ask(query.host, budgetMs, (answer) => onAnswer(query, answer), query.identity)
  }

  function onAnswer(query: Query, answer: DnsAnswer): void {
    if (!answer.isWhole) {
      query.early = answer
      tell(query, null, answer)
      return
    }
    inFlight--
    finish(query, answer)
    sendNextWaiting()
  }

  function sendNextWaiting(): void {
    for (const query of waitingForSlot) {
      waitingForSlot.delete(query)
      send(query)
      return
    }
  }

  function finish(query: Query, answer: DnsAnswer): void {
    queries.delete(query.host)
    observe(counts.dnsMs, now() - query.startedAt)
    if (answer.failure !== '') countOne(counts.dnsErrors, answer.failure)
    const error = toError(answer)
    if (!isClosed && error?.code !== 'VG_DNS_TIMEOUT') remember(query.host, error, answer)
    tell(query, error, answer)
  }

  function remember(host: string, error: ProxyError | null, { addresses, cnames, ttlSeconds }: DnsAnswer): void {
    const [least, most] = error === null ? [MIN_TTL_MS, MAX_TTL_MS] : [MIN_NEGATIVE_TTL_MS, MAX_NEGATIVE_TTL_MS]
    const ttlMs = Math.min(Math.max(ttlSeconds * 1000, least), most)
    // a Map keeps the order of insertion: taken out first, so that a renewed name counts as young
    cache.delete(host)
    cache.set(host, { error, addresses, cnames, expiresAt: now() + ttlMs })
    if (cache.size <= MAX_CACHED_NAMES) return
    for (const oldest of cache.keys()) {
      cache.delete(oldest)
      return
    }
  }

  function leave(query: Query, waiter: Waiter): void {
    query.waiters.delete(waiter)
    if (query.waiters.size > 0 || !waitingForSlot.delete(query)) return
    clearTimeout(query.slotTimer)
    queries.delete(query.host)
  }

  return {
    lookup(host, done, identity) {
      const listed = hosts.lookup(host)
      if (listed !== undefined) {
        done(null, listed, NONE)
        return nothingToCancel
      }
      const cached = cache.get(host)
      if (cached !== undefined && cached.expiresAt > now()) {
        done(cached.error, cached.addresses, cached.cnames)
        return nothingToCancel
      }
      const isLocal = isLocalhost(host)
      if (isLocal || isClosed || isNeverAsked(host)) {
        done(
          isLocal ? null : new ProxyError('VG_DNS_ERROR', isClosed ? 'SERVFAIL' : 'NXDOMAIN'),
          isLocal ? LOOPBACK_ADDRESSES : NONE,
          NONE,
        )
        return nothingToCancel
      }
      const query = queries.get(host) ?? startQuery(host, identity)
      if (query.early !== undefined) {
        done(null, query.early.addresses, query.early.cnames)
        return nothingToCancel
      }
      const waiter: Waiter = { done }
      query.waiters.add(waiter)
      return () => leave(query, waiter)
    },

    close() {
      isClosed = true
      for (const query of waitingForSlot) {
        clearTimeout(query.slotTimer)
        finish(query, CLOSED)
      }
      waitingForSlot.clear()
      dns.close()
    },
  }
}

type CachedAnswer = {
  readonly error: ProxyError | null
  readonly addresses: readonly string[]
  readonly cnames: readonly string[]
  readonly expiresAt: number
}

type Waiter = { readonly done: LookupDone }

type Query = {
  readonly host: string
  /** Of who asked first. */
  readonly identity: string | undefined
  readonly waiters: Set<Waiter>
  /** What the waiters were told while AAAA lags. */
  early: DnsAnswer | undefined
  /** Milliseconds on the resolver's clock: the wait for a slot counts as well. */
  readonly startedAt: number
  slotTimer: NodeJS.Timeout | undefined
}

const TIMED_OUT: DnsAnswer = { ...failedReply('TIMEOUT'), isWhole: true }
const CLOSED: DnsAnswer = { ...failedReply('SERVFAIL'), isWhole: true }

function tell(query: Query, error: ProxyError | null, { addresses, cnames }: DnsAnswer): void {
  for (const waiter of query.waiters) {
    // out before it runs: one waiter may cancel another
    query.waiters.delete(waiter)
    waiter.done(error, addresses, cnames)
  }
}

function toError({ failure }: DnsAnswer): ProxyError | null {
  if (failure === '') return null
  return failure === 'TIMEOUT' ? new ProxyError('VG_DNS_TIMEOUT') : new ProxyError('VG_DNS_ERROR', failure)
}

function nothingToCancel(): void {}
