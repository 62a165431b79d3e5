/** One parent proxy, or several one behind the other. */
export type ProxySettings = {
  /** URLs of the hops, nearest to us first; at least one. They may hold credentials. */
  readonly hops: readonly string[]
  /** It leads into the Tor network: `.onion` names may be sent there. */
  readonly tor: boolean
  /** Absolute path of a PEM file: authorities that are trusted for its https hops beside the usual ones. */
  readonly ca?: string | undefined
  readonly check?: CheckSettings | undefined
  /** What must not share an identity, which its last hop gets as user and password. */
  readonly isolate?: Isolation | undefined
}

/** Asks an upstream regularly whether it works, beside what exchanges show. */
export type CheckSettings = {
  readonly everyMs: number
  /** `host:port` to reach through it; undefined: it is only connected to. */
  readonly target?: string | undefined
}

export const GROUP_STRATEGIES = ['first', 'round-robin', 'random', 'least-connections', 'fastest', 'sticky'] as const
export type GroupStrategy = (typeof GROUP_STRATEGIES)[number]

export const ISOLATIONS = ['site', 'client', 'user', 'site+client'] as const
export type Isolation = (typeof ISOLATIONS)[number]

export const STICKY_KEYS = ['client', 'user', 'site'] as const
export type StickyKey = (typeof STICKY_KEYS)[number]

/** Several upstreams or groups, of which each connection takes one. */
export type GroupSettings = {
  readonly group: GroupStrategy
  /** Names, at least one. */
  readonly members: readonly string[]
  /** What keeps its member, where the group is `sticky`. */
  readonly by: StickyKey
  /** How long, in ms. */
  readonly lifetimeMs: number
}

export type UpstreamSettings = ProxySettings | GroupSettings

export type RouteSettings = {
  /** Patterns of hosts as in rule files. */
  readonly match: readonly string[]
  /** Name of an upstream or group, or `direct`. */
  readonly via: string
  /** It must be proven that it reaches its targets by upstreams alone, which look the names up. */
  readonly anonymous: boolean
  /** Of a route via `direct`: what must not share one of `egress.addresses`. */
  readonly isolate?: Isolation | undefined
}

/** The way out without an upstream. */
export const DIRECT = 'direct'
/** What `--upstream` is called in logs. */
export const COMMAND_LINE_UPSTREAM = 'upstream'

/** As long as mihomo's sticky sessions. */
export const STICKY_LIFETIME_MS = 600_000
/** More often than this serves nobody. */
export const MIN_CHECK_MS = 1_000

export function isGroup(upstream: UpstreamSettings): upstream is GroupSettings {
  return 'group' in upstream
}

/** A name of an upstream: it is shown in logs and on the command line. */
export function isUpstreamName(name: string): boolean {
  return /^[a-z0-9][a-z0-9_-]{0,63}$/i.test(name)
}
