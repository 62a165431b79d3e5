import { ERROR_CATALOG, type ErrorCode } from './errors.js'

/** Upper bounds of the buckets of durations, in milliseconds; the last bucket has none. */
export const DURATION_BOUNDS_MS: readonly number[] = [
  5, 10, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000, 30_000, 60_000,
]

/** How often things took how long. */
export type Durations = {
  /** One for each bound, and one for what took longer. */
  readonly buckets: number[]
  sumMs: number
}

/** The limits that are counted when something meets them: keys of `limits:`, and `descriptors`, whose limit the system sets. */
export const LIMIT_NAMES = [
  'connections',
  'perClient',
  'tunnels',
  'tunnelsPerClient',
  'headBytes',
  'headFields',
  'uriBytes',
  'headTimeout',
  'connectTimeout',
  'bodyTimeout',
  'bodyMinRate',
  'responseTimeout',
  'idleTimeout',
  'tunnelIdleTimeout',
  'connectionLifetime',
  'requestsPerConnection',
  'pendingDialsPerOrigin',
  'dnsQueries',
  'bufferBytes',
  'descriptors',
] as const
export type LimitName = (typeof LIMIT_NAMES)[number]

/** What was asked for, roughly: `read` is GET and HEAD, `write` is POST, PUT, PATCH and DELETE. */
export const METHOD_CLASSES = ['read', 'write', 'connect', 'other'] as const
/** What became of it: `report` would have been blocked. */
export const DECISIONS = ['allow', 'block', 'report'] as const
/** Status codes are below this; anything beyond (and 0, for a client that left before an answer) shares a place. */
export const STATUS_PLACES = 600

/** Exchanges of one listener by method class, decision and status: see `requestPlace`. */
export type RequestCounts = Float64Array

/**
 * What a running proxy counts. Plain fields that are added to where something
 * happens and read when somebody asks: an addition costs a nanosecond or two, a
 * call into a metrics library hundreds.
 */
export type Counts = {
  /** By listener. */
  readonly requests: Map<string, RequestCounts>
  /** Decisions by rule: list, then level. */
  readonly byRule: Map<string, Map<string, number>>
  /** Decisions where no rule matched. */
  byDefault: number
  /** Octets between clients and this proxy. */
  bytesFromClient: number
  bytesToClient: number
  readonly limits: Record<LimitName, number>
  readonly errors: Record<ErrorCode, number>
  readonly requestMs: Durations
  /** By route: `direct`, or an upstream by its name. */
  readonly connectMs: Map<string, Durations>
  /** Of names that were asked for; not of those that were known. */
  readonly dnsMs: Durations
  /** By RCODE, `TIMEOUT` among them. */
  readonly dnsErrors: Map<string, number>
  /** Targets that the egress guard refused, by the class of their address. */
  readonly guardRefusals: Map<string, number>
  logLinesLost: number
  /** Of the last reload; true before there was one. */
  isReloaded: boolean
  /** Unix time in ms of the configuration in force. */
  reloadedAt: number
}

export function createCounts(): Counts {
  return {
    requests: new Map(),
    byRule: new Map(),
    byDefault: 0,
    bytesFromClient: 0,
    bytesToClient: 0,
    limits: zeros(LIMIT_NAMES),
    errors: zeros(Object.keys(ERROR_CATALOG) as ErrorCode[]),
    requestMs: createDurations(),
    connectMs: new Map(),
    dnsMs: createDurations(),
    dnsErrors: new Map(),
    guardRefusals: new Map(),
    logLinesLost: 0,
    isReloaded: true,
    reloadedAt: 0,
  }
}

/** Where a listener counts its exchanges. */
export function requestCountsOf(counts: Counts, listener: string): RequestCounts {
  const known = counts.requests.get(listener)
  if (known !== undefined) return known
  const fresh = new Float64Array(METHOD_CLASSES.length * DECISIONS.length * STATUS_PLACES)
  counts.requests.set(listener, fresh)
  return fresh
}

/** @param methodClass index in `METHOD_CLASSES` @param decision index in `DECISIONS` */
export function requestPlace(methodClass: number, decision: number, status: number): number {
  return (methodClass * DECISIONS.length + decision) * STATUS_PLACES + (status < STATUS_PLACES ? status : 0)
}

export function observe(durations: Durations, ms: number): void {
  let bucket = 0
  while (ms > (DURATION_BOUNDS_MS[bucket] ?? Number.POSITIVE_INFINITY)) bucket++
  durations.buckets[bucket] = (durations.buckets[bucket] ?? 0) + 1
  durations.sumMs += ms
}

/** What took this long at `key`. Keys come from a closed set: they become labels. */
export function observeAt(map: Map<string, Durations>, key: string, ms: number): void {
  observe(durationsAt(map, key), ms)
}

export function durationsAt(map: Map<string, Durations>, key: string): Durations {
  const known = map.get(key)
  if (known !== undefined) return known
  const fresh = createDurations()
  map.set(key, fresh)
  return fresh
}

/** One more of `key`. Keys come from a closed set: they become labels. */
export function countOne(map: Map<string, number>, key: string): void {
  map.set(key, (map.get(key) ?? 0) + 1)
}

function createDurations(): Durations {
  return { buckets: Array<number>(DURATION_BOUNDS_MS.length + 1).fill(0), sumMs: 0 }
}

function zeros<const K extends string>(keys: readonly K[]): Record<K, number> {
  return Object.fromEntries(keys.map((key) => [key, 0])) as Record<K, number>
}
