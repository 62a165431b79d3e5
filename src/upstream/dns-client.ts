import { Resolver } from 'node:dns'
import { canonicalHost } from '../http/authority.js'
import { createPolledFile } from './polled-file.js'

/** RFC 8305 §3: how long a positive A answer waits for AAAA. */
const RESOLUTION_DELAY_MS = 50
/** Enough for any real site; an answer of hundreds would only keep attempts going. */
const MAX_ADDRESSES = 64
const RESOLV_CONF = '/etc/resolv.conf'
const WITH_TTL = { ttl: true } as const

export type DnsClientOptions = {
  /** `address` or `address:port` (IPv6 in brackets with a port); empty: those of /etc/resolv.conf, followed as it changes. */
  readonly servers: readonly string[]
  readonly timeoutMs: number
  readonly now: () => number
}

export type DnsAnswer = {
  /** IPv6 first, canonical form; at most 64. */
  readonly addresses: readonly string[]
  /** The smallest of the records. */
  readonly ttlSeconds: number
  /** Where there is no address, why: the RCODE's name, `NODATA` or `TIMEOUT`. Empty where there is one. */
  readonly failure: string
  /** False for an answer that came without AAAA because that lags: the whole one follows. */
  readonly isWhole: boolean
}

export type DnsClient = {
  /**
   * Asks A and AAAA in parallel. `onAnswer` runs later, once or twice: a second
   * time only after an answer that is not whole.
   *
   * @param budgetMs after so long the answer is what is there
   */
  ask(host: string, budgetMs: number, onAnswer: (answer: DnsAnswer) => void): void
  /** Queries under way answer SERVFAIL. */
  close(): void
}

/** DNS by c-ares: no thread of the pool is held by a slow server, as getaddrinfo would. */
export function createDnsClient({ servers, timeoutMs, now }: DnsClientOptions): DnsClient {
  const channel =
    servers.length > 0
      ? constantly(openChannel(servers, timeoutMs))
      : createPolledFile({ path: RESOLV_CONF, now, parse: () => openChannel([], timeoutMs) })

  return {
    ask(host, budgetMs, onAnswer) {
      const resolver = channel()
      let a: Records | undefined
      let aaaa: Records | undefined
      let isOver = false
      let lag: NodeJS.Timeout | undefined
      const deadline = setTimeout(settle, budgetMs)

      function settle(): void {
        isOver = true
        clearTimeout(lag)
        clearTimeout(deadline)
        onAnswer(merge(a ?? TIMED_OUT, aaaa ?? TIMED_OUT, true))
      }

      function answerWithoutAaaa(): void {
        if (a !== undefined) onAnswer(merge(a, TIMED_OUT, false))
      }

      resolver.resolve4(host, WITH_TTL, (error, records) => {
        if (isOver) return
        a = toRecords(error, records)
        if (aaaa !== undefined) settle()
        else if (a.addresses.length > 0) lag = setTimeout(answerWithoutAaaa, RESOLUTION_DELAY_MS)
      })
      resolver.resolve6(host, WITH_TTL, (error, records) => {
        if (isOver) return
        aaaa = toRecords(error, records)
        if (a !== undefined) settle()
      })
    },

    close() {
      channel().cancel()
    },
  }
}

/** What one query brought. */
type Records = {
  readonly addresses: readonly string[]
  readonly ttlSeconds: number
  readonly failure: string
}

const TIMED_OUT: Records = { addresses: [], ttlSeconds: 0, failure: 'TIMEOUT' }

/** c-ares's errors by the RCODE they stand for (RFC 1035 §4.1.1); the rest means that no server gave a usable answer. */
const FAILURE_BY_ERROR: Readonly<Record<string, string>> = {
  ENODATA: 'NODATA',
  ENOTFOUND: 'NXDOMAIN',
  EBADNAME: 'NXDOMAIN',
  ESERVFAIL: 'SERVFAIL',
  EREFUSED: 'REFUSED',
  EFORMERR: 'FORMERR',
  ENOTIMP: 'NOTIMP',
  ETIMEOUT: 'TIMEOUT',
}

type AddressRecord = { readonly address: string; readonly ttl: number }

function toRecords(error: NodeJS.ErrnoException | null, records: readonly AddressRecord[] | undefined): Records {
  if (error !== null || records === undefined) {
    return { addresses: [], ttlSeconds: 0, failure: FAILURE_BY_ERROR[error?.code ?? ''] ?? 'SERVFAIL' }
  }
  if (records.length === 0) return { addresses: [], ttlSeconds: 0, failure: 'NODATA' }
  const addresses = new Set<string>()
  let ttlSeconds = Number.POSITIVE_INFINITY
  for (const { address, ttl } of records) {
    addresses.add(canonicalHost(address) ?? address)
    ttlSeconds = Math.min(ttlSeconds, ttl)
  }
  return { addresses: [...addresses], ttlSeconds, failure: '' }
}

function merge(a: Records, aaaa: Records, isWhole: boolean): DnsAnswer {
  if (a.addresses.length === 0 && aaaa.addresses.length === 0) {
    // some servers answer AAAA wrongly (RFC 4074 §4): what A says counts, unless it says nothing
    const failure = a.failure === 'NODATA' ? aaaa.failure : a.failure
    return { addresses: [], ttlSeconds: 0, failure, isWhole }
  }
  const most6 = Math.max(MAX_ADDRESSES / 2, MAX_ADDRESSES - a.addresses.length)
  const addresses = [...aaaa.addresses.slice(0, most6), ...a.addresses].slice(0, MAX_ADDRESSES)
  const ttlSeconds = Math.min(...[a, aaaa].filter((part) => part.failure === '').map((part) => part.ttlSeconds))
  return { addresses, ttlSeconds, failure: '', isWhole }
}

function openChannel(servers: readonly string[], timeoutMs: number): Resolver {
  const count = Math.max(1, servers.length)
  // c-ares doubles the wait each round: three rounds over all servers take 1 + 2 + 4 waits a server
  const resolver = new Resolver({ timeout: Math.max(300, Math.floor(timeoutMs / (7 * count))), tries: 3 })
  if (servers.length > 0) resolver.setServers(servers)
  return resolver
}

function constantly<T>(value: T): () => T {
  return () => value
}
