import {
  type Counts,
  createCounts,
  type Durations,
  durationsAt,
  type LimitName,
  type RequestCounts,
  requestCountsOf,
} from './counts.js'
import type { ErrorCode } from './errors.js'

/** Counts as plain data that survives JSON. */
export type CountsImage = Omit<Counts, 'requests' | 'byRule' | 'connectMs' | 'dnsErrors' | 'guardRefusals'> & {
  /** By listener: place and number of those that are not 0. */
  readonly requests: readonly (readonly [string, readonly (readonly [number, number])[]])[]
  readonly byRule: readonly (readonly [string, readonly (readonly [string, number])[]])[]
  readonly connectMs: readonly (readonly [string, Durations])[]
  readonly dnsErrors: readonly (readonly [string, number])[]
  readonly guardRefusals: readonly (readonly [string, number])[]
}

/** What one process tells of itself when somebody looks. */
export type Measures = {
  readonly counts: CountsImage
  /** Client connections open. */
  readonly connections: number
  readonly tunnels: number
  /** Sockets of clients and origins; of the native edge its listeners and pipes too. */
  readonly sockets: number
  readonly idleOrigins: number
  readonly memoryBytes: number
  readonly cpuSeconds: number
  /** Open; 0 where the system does not tell. */
  readonly descriptors: number
  /** That may be open; 0 where the system does not tell. */
  readonly descriptorLimit: number
  /** Names of upstreams that did not work last time; of groups, those of their members. */
  readonly downUpstreams: readonly string[]
  /** How late the event loop was since the last look, in seconds, by quantile; empty where nobody measured. */
  readonly lag: readonly (readonly [string, number])[]
}

export function imageOf(counts: Counts): CountsImage {
  return {
    ...counts,
    requests: [...counts.requests].map(([listener, places]) => [listener, filled(places)]),
    byRule: [...counts.byRule].map(([list, levels]) => [list, [...levels]]),
    connectMs: [...counts.connectMs],
    dnsErrors: [...counts.dnsErrors],
    guardRefusals: [...counts.guardRefusals],
  }
}

/** The sum of what several processes counted; whether a reload succeeded is what the first one says. */
export function sumOf(images: readonly CountsImage[]): Counts {
  const sum = createCounts()
  for (const image of images) add(sum, image)
  const [first] = images
  if (first !== undefined) Object.assign(sum, { isReloaded: first.isReloaded, reloadedAt: first.reloadedAt })
  return sum
}

function add(sum: Counts, image: CountsImage): void {
  for (const [listener, places] of image.requests) {
    const counts = requestCountsOf(sum, listener)
    for (const [place, value] of places) counts[place] = (counts[place] ?? 0) + value
  }
  for (const [list, levels] of image.byRule) {
    const known = sum.byRule.get(list) ?? new Map<string, number>()
    sum.byRule.set(list, known)
    addAll(known, levels)
  }
  addAll(sum.dnsErrors, image.dnsErrors)
  addAll(sum.guardRefusals, image.guardRefusals)
  for (const name of Object.keys(sum.limits) as LimitName[]) sum.limits[name] += image.limits[name] ?? 0
  for (const code of Object.keys(sum.errors) as ErrorCode[]) sum.errors[code] += image.errors[code] ?? 0
  addDurations(sum.requestMs, image.requestMs)
  for (const [route, durations] of image.connectMs) addDurations(durationsAt(sum.connectMs, route), durations)
  addDurations(sum.dnsMs, image.dnsMs)
  sum.byDefault += image.byDefault
  sum.bytesFromClient += image.bytesFromClient
  sum.bytesToClient += image.bytesToClient
  sum.logLinesLost += image.logLinesLost
}

function addAll(sum: Map<string, number>, entries: readonly (readonly [string, number])[]): void {
  for (const [key, value] of entries) sum.set(key, (sum.get(key) ?? 0) + value)
}

function addDurations(sum: Durations, { buckets, sumMs }: Durations): void {
  for (const [i, value] of buckets.entries()) sum.buckets[i] = (sum.buckets[i] ?? 0) + value
  sum.sumMs += sumMs
}

function filled(places: RequestCounts): readonly (readonly [number, number])[] {
  const entries: (readonly [number, number])[] = []
  for (const [place, value] of places.entries()) if (value !== 0) entries.push([place, value])
  return entries
}
