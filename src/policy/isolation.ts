import type { Config } from '../config/config.js'
import { type Hop, hasCredentials } from './hop.js'
import { hopsOf, type RoutingConfig, type RoutingFault } from './routing-graph.js'
import { DIRECT, type GroupSettings, type Isolation, isGroup, type ProxySettings } from './upstream-settings.js'

/** Whose identity it is: the target that is asked for, and who asks. */
export type IdentityOwner = {
  /** Canonical form. */
  readonly host: string
  /** 0 for a name, 4 or 6 for an address. */
  readonly family: 0 | 4 | 6
  /** Address, and name where it has one. */
  readonly client?: { readonly ip: string; readonly user: string | null }
}

/** What a check of isolation reads. */
export type IsolationConfig = RoutingConfig & { readonly egress: Pick<Config['egress'], 'addresses'> }

/** True where targets of different sites must not share an identity. */
export function isolatesSites(isolation: Isolation): boolean {
  return isolation === 'site' || isolation === 'site+client'
}

/** True where clients must not share one. */
export function isolatesClients(isolation: Isolation): boolean {
  return isolation !== 'site'
}

/** Every `isolate` that names anything at all, of upstreams and routes. */
export function isolationsOf({ upstreams, route }: RoutingConfig): readonly Isolation[] {
  const ofUpstreams = Object.values(upstreams).flatMap((upstream) =>
    isGroup(upstream) ? [] : (upstream.isolate ?? []),
  )
  return [...ofUpstreams, ...route.flatMap(({ isolate }) => isolate ?? [])]
}

/**
 * How a target leaves by an upstream or group whose members were checked: each
 * isolation on its ways. Empty where it leaves with no identity.
 */
export function isolationsFrom(config: RoutingConfig, name: string): readonly Isolation[] {
  const upstream = config.upstreams[name]
  if (upstream === undefined) return []
  if (!isGroup(upstream)) return upstream.isolate === undefined ? [] : [upstream.isolate]
  return upstream.members.flatMap((member) => isolationsFrom(config, member))
}

/**
 * Every `isolate` that could not do what it says. The graph must be free of
 * faults.
 */
export function checkIsolation(config: IsolationConfig): readonly RoutingFault[] {
  return [
    ...Object.entries(config.upstreams).flatMap(([name, upstream]) =>
      isGroup(upstream) ? checkGroup(config, name, upstream) : checkProxy(name, upstream),
    ),
    ...config.route.flatMap((_, i) => checkRoute(config, i)),
  ]
}

function checkProxy(name: string, proxy: ProxySettings): readonly RoutingFault[] {
  const last = hopsOf(proxy).at(-1)
  if (proxy.isolate === undefined || last === undefined) return []
  const path = ['upstreams', name, 'isolate']
  if (!speaksSocks5(last)) {
    return [
      {
        path,
        message: `isolate sends an identity as user and password of SOCKS5, and the last hop speaks ${last.scheme}`,
        fix: 'write socks5h://, or take isolate out',
      },
    ]
  }
  if (!hasCredentials(last)) return []
  const message = 'isolate makes user and password, and the URL of the last hop holds some'
  return [{ path, message, fix: 'take them out of the URL, or take isolate out' }]
}

function speaksSocks5({ scheme }: Hop): boolean {
  return scheme === 'socks5' || scheme === 'socks5h'
}

/** Failing over to a member without an identity would join what was meant to be apart. */
function checkGroup(config: RoutingConfig, name: string, { members }: GroupSettings): readonly RoutingFault[] {
  const isolated = members.filter((member) => isolationsFrom(config, member).length > 0)
  const other = members.find((member) => !isolated.includes(member))
  if (isolated.length === 0 || other === undefined) return []
  const message = `${isolated.join(', ')} of this group isolate, and ${other} does not`
  return [{ path: ['upstreams', name, 'members'], message, fix: 'write isolate on all members or on none' }]
}

function checkRoute({ route, egress }: IsolationConfig, i: number): readonly RoutingFault[] {
  const { via, isolate } = route[i] ?? {}
  if (isolate === undefined) return []
  const path = ['route', i, 'isolate']
  if (via !== DIRECT) {
    const message = `isolate of a route chooses among our own addresses, and this one goes via ${via}`
    return [{ path, message, fix: `write isolate on the upstream ${via}, or on its members` }]
  }
  if (egress.addresses.length > 0) return []
  const message = 'isolate of a direct route chooses among egress.addresses, and there are none'
  return [{ path, message, fix: 'write egress.addresses: [ADDRESS or CIDR], or take isolate out' }]
}
