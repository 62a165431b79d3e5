import { createHmac } from 'node:crypto'
import type { Socket } from 'node:net'
import { siteOf } from '../http/site.js'
import type { GroupSettings } from '../policy/upstream-settings.js'
import type { DialRequest } from './dial.js'
import type { Member } from './member.js'

/** A place in the graph of upstreams: one upstream, or a group of places. */
export type Place<S = Socket> = { readonly member: Member<S> } | GroupPlace<S>

export type GroupPlace<S = Socket> = {
  readonly name: string
  readonly settings: GroupSettings
  readonly places: readonly Place<S>[]
  readonly turn: Turn
}

/** Counts for `round-robin`; lives on through reloads. */
export type Turn = { next: number }

/** What decides besides the request; arguments, so that tests can say. */
export type OrderSources = {
  /** 0 to 1. */
  readonly chance: () => number
  /** Milliseconds of the wall clock: a lifetime goes on through restarts of the clock of the process. */
  readonly wallClock: () => number
  /** Nobody else can tell which client gets which member. */
  readonly secret: Buffer
}

/** One that is no more than this much slower than the fastest keeps its turn: no flapping between equals. */
const TOLERANCE = 1.2

/**
 * The upstreams behind a place in the order in which a request tries them, by
 * the strategies of the groups on the way; health aside.
 */
export function orderOf<S>(place: Place<S>, request: DialRequest, sources: OrderSources): readonly Member<S>[] {
  if ('member' in place) return [place.member]
  const { places } = place
  switch (place.settings.group) {
    case 'first':
      return membersOf(places, request, sources)
    case 'round-robin':
      return membersOf(rotated(places, place.turn.next++ % places.length), request, sources)
    case 'random':
      return membersOf(shuffled(places, sources.chance), request, sources)
    case 'least-connections':
      return membersOf(sortedBy(places, connectionsOf), request, sources)
    case 'fastest':
      return membersOf(fastestFirst(places), request, sources)
    case 'sticky':
      return membersOf(sticky(place, request, sources), request, sources)
  }
}

function membersOf<S>(places: readonly Place<S>[], request: DialRequest, sources: OrderSources): readonly Member<S>[] {
  return places.flatMap((place) => orderOf(place, request, sources))
}

function rotated<T>(items: readonly T[], by: number): readonly T[] {
  return [...items.slice(by), ...items.slice(0, by)]
}

/** Fisher-Yates. */
function shuffled<T>(items: readonly T[], chance: () => number): readonly T[] {
  const mixed = [...items]
  for (let i = mixed.length - 1; i > 0; i--) {
    const j = Math.floor(chance() * (i + 1))
    ;[mixed[i], mixed[j]] = [mixed[j] as T, mixed[i] as T]
  }
  return mixed
}

function sortedBy<T>(items: readonly T[], weight: (item: T) => number): readonly T[] {
  return items
    .map((item) => ({ item, weight: weight(item) }))
    .toSorted((a, b) => a.weight - b.weight)
    .map(({ item }) => item)
}

/** Those that were never measured first, so that each is measured; then by time, equals in the order they are written. */
function fastestFirst<S>(places: readonly Place<S>[]): readonly Place<S>[] {
  const sorted = sortedBy(places, latencyOf)
  const fastest = Math.max(0.1, latencyOf(sorted[0] as Place<S>))
  const steady = places.find((place) => latencyOf(place) > 0 && latencyOf(place) <= fastest * TOLERANCE)
  if (steady === undefined || latencyOf(sorted[0] as Place<S>) === 0) return sorted
  return [steady, ...sorted.filter((place) => place !== steady)]
}

function connectionsOf(place: Place<unknown>): number {
  return 'member' in place
    ? place.member.state.connections
    : place.places.reduce((sum, inner) => sum + connectionsOf(inner), 0)
}

function latencyOf(place: Place<unknown>): number {
  return 'member' in place ? place.member.state.latencyMs : Math.min(...place.places.map(latencyOf))
}

/**
 * Rendezvous hashing: each key ranks the members in an order of its own, so that
 * a member which fails hands over its keys alone, and gets them back. The rank
 * changes when the lifetime is over, for each key at another time.
 */
function sticky<S>(
  { name, settings, places }: GroupPlace<S>,
  request: DialRequest,
  sources: OrderSources,
): readonly Place<S>[] {
  const key = `${name}\n${stickyKeyOf(settings, request)}`
  const offset = digest(sources.secret, key) * settings.lifetimeMs
  const epoch = Math.floor((sources.wallClock() + offset) / settings.lifetimeMs)
  return sortedBy(places, (place) => digest(sources.secret, `${key}\n${epoch}\n${nameOf(place)}`))
}

function stickyKeyOf({ by }: GroupSettings, { client, host, family }: DialRequest): string {
  if (by === 'site') return family === 0 ? siteOf(host) : host
  return (by === 'user' ? client?.user : undefined) ?? client?.ip ?? ''
}

function nameOf(place: Place<unknown>): string {
  return 'member' in place ? place.member.state.name : place.name
}

/** 0 to 1. */
function digest(secret: Buffer, text: string): number {
  return createHmac('sha256', secret).update(text).digest().readUInt32BE(0) / 2 ** 32
}
