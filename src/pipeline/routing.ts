import type { Config } from '../config/config.js'
import type { Authority } from '../http/authority.js'
import { isOnion } from '../http/special-names.js'
import { resolvesRemotely } from '../policy/hop.js'
import { isolatesClients, isolationsFrom } from '../policy/isolation.js'
import { everyProxy, hopsOf, type RoutingConfig } from '../policy/routing-graph.js'
import { DIRECT, type Isolation, isGroup, type RouteSettings } from '../policy/upstream-settings.js'
import { createFirstMatch, parseHostRule } from '../rules/first-match.js'

/** How targets leave that a line of `route` names. Immutable, shared by every exchange that takes it. */
export type Egress = {
  /** Name of an upstream or group, or `direct`. */
  readonly via: string
  readonly isDirect: boolean
  readonly anonymous: boolean
  /** Place in `route`, -1 where none is configured. */
  readonly index: number
  /** Every way leads into Tor, so that `.onion` names have a meaning there. */
  readonly isTor: boolean
  /** Every way looks the target up here, so that what DNS answers can be judged. */
  readonly resolvesHere: boolean
  /** A connection belongs to one client: another one may have to leave by another upstream. */
  readonly isPerClient: boolean
  /**
   * What has an identity of its own, and with it browser and address (of `direct`) or user: a connection belongs to
   * one, and to none that was before it. Of upstreams that isolate in different ways, the first one's.
   */
  readonly isolate: Isolation | undefined
}

export type Routing = {
  /** How a target leaves; undefined where no route matches, and then it must not leave. */
  find(authority: Authority): Egress | undefined
}

const PLAIN: Egress = {
  via: DIRECT,
  isDirect: true,
  anonymous: false,
  index: -1,
  isTor: false,
  resolvesHere: true,
  isPerClient: false,
  isolate: undefined,
}

/** First match wins. Without any route everything goes direct; with one, direct only what a route says so of. */
export function compileRouting(config: RoutingConfig): Routing {
  const { route } = config
  if (route.length === 0) return { find: () => PLAIN }
  const egresses = route.map((settings, index) => toEgress(config, settings, index))
  const firstMatch = createFirstMatch(
    route.map(({ match }) =>
      match.flatMap((pattern) => {
        const parsed = parseHostRule(pattern)
        if ('kind' in parsed) throw new TypeError(`not a pattern of hosts: ${JSON.stringify(pattern)}`)
        return parsed
      }),
    ),
  )
  return {
    find: ({ host, port, family }) => egresses[firstMatch({ host, port, family, path: undefined })],
  }
}

/**
 * Why a host must not leave that way: no route leads there (direct goes only what a route says so of), or it is an
 * `.onion` name and the way does not lead into Tor (RFC 7686 §2: they are never looked up).
 */
export function egressFault(egress: Egress | undefined, host: string): EgressFault | undefined {
  if (egress === undefined) return 'VG_NO_ROUTE'
  return !egress.isTor && isOnion(host) ? 'VG_ONION_UNREACHABLE' : undefined
}

export type EgressFault = 'VG_NO_ROUTE' | 'VG_ONION_UNREACHABLE'

function toEgress(config: RoutingConfig, { via, anonymous, isolate }: RouteSettings, index: number): Egress {
  if (via === DIRECT) {
    const isPerClient = isolate !== undefined && isolatesClients(isolate)
    return { ...PLAIN, anonymous, index, isPerClient, isolate }
  }
  const isolations = isolationsFrom(config, via)
  return {
    via,
    isDirect: false,
    anonymous,
    index,
    isTor: everyProxy(config, via, ({ tor }) => tor),
    resolvesHere: everyProxy(config, via, (proxy) => {
      const last = hopsOf(proxy).at(-1)
      return last !== undefined && !resolvesRemotely(last)
    }),
    isPerClient: hasClientSticky(config.upstreams, via) || isolations.some(isolatesClients),
    isolate: isolations[0],
  }
}

function hasClientSticky(upstreams: Config['upstreams'], name: string): boolean {
  const upstream = upstreams[name]
  if (upstream === undefined || !isGroup(upstream)) return false
  const isSticky = upstream.group === 'sticky' && upstream.by !== 'site'
  return isSticky || upstream.members.some((member) => hasClientSticky(upstreams, member))
}
