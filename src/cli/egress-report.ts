import type { TargetDecision } from '../app.js'
import type { Config } from '../config/config.js'
import { type Hop, resolvesRemotely } from '../policy/hop.js'
import { hopsOf, pathsOf, type RoutePath } from '../policy/routing-graph.js'
import { DIRECT, type Isolation } from '../policy/upstream-settings.js'
import { showUrl } from '../upstream/chain-adapter.js'

/** One way that a target can take. */
export type EgressPath = {
  /** From what the route names down to the upstream, or `direct`. */
  readonly names: readonly string[]
  /** URLs without credentials, nearest to us first. */
  readonly hops: readonly string[]
  /** Who looks the name up: `none` for an address, `upstream`, what `egress.dns` says, `nobody` where that leaves it to upstreams. */
  readonly resolver: string
  /** What does not share an identity with others; null where all share one. */
  readonly isolate: Isolation | null
  readonly family: 'IPv4' | 'IPv6' | 'IPv6 and IPv4' | 'IPv4 before IPv6' | 'as the upstream chooses'
}

/** How a target would leave. */
export type EgressReport = {
  /** Null where no route leads there. */
  readonly route: {
    /** Place in `route`, from 1; 0 where none is configured. */
    readonly number: number
    readonly match: readonly string[]
    readonly via: string
    readonly anonymous: boolean
  } | null
  readonly paths: readonly EgressPath[]
  /** Header profile of `http://` requests to the host, null for what is no target. */
  readonly headers: string | null
  /** The target is asked as a tunnel, which nobody looks into: no profile acts on it. */
  readonly isTunnel: boolean
  /**
   * Whose browser requests pass for, where the profile replaces what tells of one: one for each identity, or for
   * each `family` of systems. Null: they pass for their own.
   */
  readonly browser: Isolation | 'family' | null
}

export function egressReport(config: Config, { egress, host, headers, isTunnel }: TargetDecision): EgressReport {
  const profile = headers?.profile ?? null
  if (egress === null) return { route: null, paths: [], headers: profile, isTunnel, browser: null }
  const { index, via, anonymous } = egress
  const ways = index === -1 ? [{ names: [DIRECT], proxy: undefined, leak: '' }] : pathsOf(config, index)
  const own = config.route[index]?.isolate
  return {
    route: { number: index + 1, match: config.route[index]?.match ?? [], via, anonymous },
    paths: ways.map((way) => toPath(config, way, host, own)),
    headers: profile,
    isTunnel,
    browser: headers?.isDisguised && !isTunnel ? (egress.isolate ?? 'family') : null,
  }
}

/** The same for people, a line each. */
export function egressLines({ route, paths, headers, isTunnel, browser }: EgressReport): readonly string[] {
  const whose =
    browser === null ? '' : `, one browser for each ${browser === 'family' ? 'family of systems' : WHOSE[browser]}`
  const end = `headers ${isTunnel ? `untouched in a tunnel, ${headers} for http:// there` : `${headers}${whose}`}`
  if (route === null) return ['no route leads there', end]
  const { number, match, via, anonymous } = route
  const why = number === 0 ? 'no routes are configured' : `route ${number}: ${match.join(' ')}`
  return [
    `route ${via} (${why})${anonymous ? ', anonymous' : ''}`,
    ...paths.flatMap(({ names, hops, resolver, family, isolate }) => [
      `by ${[...names, ...hops].join(' → ')}`,
      `  resolver ${resolver}, address family ${family}${isolate === null ? '' : `, an identity for each ${WHOSE[isolate]}`}`,
    ]),
    end,
  ]
}

/** Of each route marked anonymous, the ways that were shown to be. */
export function anonymousPaths(config: Pick<Config, 'upstreams' | 'route'>) {
  return config.route.flatMap(({ match, anonymous }, i) =>
    anonymous
      ? pathsOf(config, i).map(({ names, proxy }) => ({
          route: i + 1,
          match,
          names,
          hops: (proxy?.hops ?? []).map(showUrl),
        }))
      : [],
  )
}

export function anonymousLines(config: Pick<Config, 'upstreams' | 'route'>): readonly string[] {
  return anonymousPaths(config).map(
    ({ route, match, names, hops }) =>
      `route ${route} (${match.join(' ')}) is anonymous by ${[...names, ...hops].join(' → ')}`,
  )
}

const WHOSE: Readonly<Record<Isolation, string>> = {
  site: 'site',
  client: 'client',
  user: 'user',
  'site+client': 'site and client',
}

function toPath({ egress }: Config, { names, proxy }: RoutePath, host: string, own: Isolation | undefined): EgressPath {
  const hops = proxy === undefined ? [] : hopsOf(proxy)
  const last = hops.at(-1)
  const isRemote = last !== undefined && resolvesRemotely(last)
  const isAddress = /^[\d.]+$|:/.test(host)
  return {
    names,
    hops: (proxy?.hops ?? []).map(showUrl),
    isolate: proxy?.isolate ?? own ?? null,
    resolver: isAddress ? 'none' : isRemote ? 'upstream' : resolverOf(egress.dns),
    family: isAddress ? (host.includes(':') ? 'IPv6' : 'IPv4') : familyOf(last, egress.addresses),
  }
}

function resolverOf({ mode, fallback }: Config['egress']['dns']): string {
  if (mode === 'upstream') return 'nobody'
  return fallback === 'system' ? `${mode}, then system` : mode
}

function familyOf(last: Hop | undefined, addresses: readonly string[]): EgressPath['family'] {
  if (last !== undefined) {
    if (resolvesRemotely(last)) return 'as the upstream chooses'
    return last.scheme === 'socks4' ? 'IPv4' : 'IPv4 before IPv6'
  }
  // a target of a family without an address is not reached
  const isSix = (address: string): boolean => address.includes(':')
  if (addresses.length === 0 || (addresses.some(isSix) && !addresses.every(isSix))) return 'IPv6 and IPv4'
  return addresses.every(isSix) ? 'IPv6' : 'IPv4'
}
