import type { Config } from '../config/config.js'
import { isolatesClients, isolatesSites, isolationsFrom } from '../policy/isolation.js'
import { hopsOf, pathsOf } from '../policy/routing-graph.js'
import { DIRECT, type Isolation } from '../policy/upstream-settings.js'
import type { BrowserName } from './browsers.js'
import { OTHER_ITEMS } from './items.js'
import { type Finding, placeOf } from './judge.js'
import { hostsOf, siteAt, type Way } from './ways.js'

/** Somebody who asks for something: two sites, two hosts of one of them, two clients. */
export type Visit = { readonly host: string; readonly client: string }

/** Where an identity is shown, and whose it is. */
export type IdentityPlace = {
  readonly where: string
  readonly isolation: Isolation
  /** Two identities that show the same there are joined; else they may be the same by chance. */
  readonly isUnique: boolean
}

/** What a visit showed at a place; undefined where nothing of it came by. */
export type Shown = { readonly visit: Visit; readonly marks: Readonly<Record<string, string | undefined>> }

/** The browser of all visits. */
export const VISITOR: BrowserName = 'firefox'

const CLIENTS = ['127.0.0.1', '127.0.0.2'] as const

/** Where the identities of a way are shown: the last hop of each upstream that isolates, and the origin. */
export function identityPlaces(config: Config, { route, via }: Way): readonly IdentityPlace[] {
  const own = via === DIRECT ? config.route[route - 1]?.isolate : isolationsFrom(config, via)[0]
  if (own === undefined) return []
  const hops = pathsOf(config, route - 1).flatMap(({ names, proxy }) => {
    const upstream = names.at(-1) ?? ''
    if (proxy?.isolate === undefined) return []
    return [{ where: placeOf({ upstream, hop: hopsOf(proxy).length - 1 }), isolation: proxy.isolate, isUnique: true }]
  })
  return [...hops, { where: 'origin', isolation: own, isUnique: false }]
}

/**
 * Who asks for what, so that every pair of sites and clients is there that can be had on this way. Of a group each
 * member gets its turn, where members take turns.
 */
export function visitsOf(config: Config, way: Way): readonly Visit[] {
  const { host = '' } = way
  const site = siteAt(host)
  const hosts = hostsOf(config, way)
  const other = hosts.find((one) => siteAt(one) !== site)
  const sister = hosts.find((one) => one !== host && siteAt(one) === site)
  const [first, second] = CLIENTS
  const asked = [...new Set([host, sister ?? host, other ?? host])]
  const visits = [
    ...asked.map((one) => ({ host: one, client: first })),
    { host, client: second },
    { host, client: first },
  ]
  return visits.flatMap((visit) => Array.from({ length: pathsOf(config, way.route - 1).length }, () => visit))
}

/** Whether those who shall meet as one did, and those who shall not as two. */
export function judgeIdentities(shown: readonly Shown[], places: readonly IdentityPlace[]): readonly Finding[] {
  return places.flatMap(({ where, isolation, isUnique }) => {
    const there = shown.filter(({ marks }) => marks[where] !== undefined)
    const pairs = there.flatMap((one, i) => there.slice(i + 1).map((other) => [one, other] as const))
    return pairs.flatMap(([one, other]) => {
      const isEqual = one.marks[where] === other.marks[where]
      const isOne = ownerOf(one.visit, isolation) === ownerOf(other.visit, isolation)
      if (isOne) return [pairFinding(where, !isEqual, `${told(one.visit)} has two identities`)]
      if (!isUnique) return []
      return [pairFinding(where, isEqual, `${told(one.visit)} and ${told(other.visit)} are one`)]
    })
  })
}

/** What no visit showed, because nobody is known who could have asked for it. */
export function untestedIdentities(visits: readonly Visit[], places: readonly IdentityPlace[]): readonly string[] {
  const sites = new Set(visits.map(({ host }) => siteAt(host)))
  const isMissed = sites.size < 2 && places.some(({ isolation }) => isolatesSites(isolation))
  return isMissed ? ['not tested: whether two sites are kept apart, no second one is known that takes this way'] : []
}

function ownerOf({ host, client }: Visit, isolation: Isolation): string {
  return `${isolatesSites(isolation) ? siteAt(host) : ''} ${isolatesClients(isolation) ? client : ''}`
}

function told({ host, client }: Visit): string {
  return `${host} from ${client}`
}

function pairFinding(where: string, arrived: boolean, what: string): Finding {
  const { id } = OTHER_ITEMS.identity
  return { item: id, where, browser: VISITOR, arrived, promised: true, what: arrived ? what : '' }
}
