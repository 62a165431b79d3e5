import type { Config } from '../config/config.js'
import { classifyAddress } from '../http/address.js'
import { type Hop, hasCredentials, parseHop, resolvesRemotely } from './hop.js'
import { DIRECT, isGroup, type ProxySettings } from './upstream-settings.js'

/** Groups within groups, and ways from a group to its upstreams: more than anybody needs, few enough to judge each way. */
const MAX_DEPTH = 100
const MAX_WAYS = 10_000

/** What a check of the graph reads. */
export type RoutingConfig = Pick<Config, 'upstreams' | 'route'>

/** A fault, at the keys that lead to it. */
export type RoutingFault = {
  readonly path: readonly (string | number)[]
  readonly message: string
  readonly fix: string
}

/** One way that a route can take: names from its `via` down to an upstream, or to `direct`. */
export type RoutePath = {
  readonly names: readonly string[]
  /** Undefined for `direct`. */
  readonly proxy: ProxySettings | undefined
  /** Why it is not anonymous; empty where it is. */
  readonly leak: string
}

/**
 * Names that mean nothing, groups without members or in a circle, URLs that
 * cannot work, upstreams that no route uses: all that would make an exchange
 * leave otherwise than was meant.
 */
export function checkRouting(config: RoutingConfig): readonly RoutingFault[] {
  const { upstreams, route } = config
  const faults = [
    ...Object.keys(upstreams).flatMap((name) => checkUpstream(config, name)),
    ...route.flatMap(({ via }, i) => (isKnown(config, via) ? [] : [unknownName(config, ['route', i, 'via'], via)])),
  ]
  if (faults.length === 0) faults.push(...checkWays(config))
  if (faults.length === 0 && route.length === 0 && Object.keys(upstreams).length > 0) {
    const fix = `write route: [{ match: ["*"], via: ${Object.keys(upstreams).at(-1)} }]`
    return [{ path: ['upstreams'], message: 'no route uses these upstreams, so that all would go direct', fix }]
  }
  return faults
}

/** Each way on which a route marked anonymous is not, at the route. The graph must be free of faults. */
export function proveAnonymous(config: RoutingConfig): readonly RoutingFault[] {
  return config.route.flatMap(({ anonymous }, i) =>
    (anonymous ? pathsOf(config, i) : [])
      .filter(({ leak }) => leak !== '')
      .map(({ names, leak }) => ({
        path: ['route', i],
        message: `this route is marked anonymous, and by ${names.join(' → ')} ${leak}`,
        fix: `${leak.startsWith(CLEAR) ? 'write https://, take the credentials out' : 'route it through upstreams that look names up (socks5h, socks4a, http, https)'}, or take anonymous out`,
      })),
  )
}

/** Every way that a route can take, in the order of configuration. */
export function pathsOf(config: RoutingConfig, routeIndex: number): readonly RoutePath[] {
  const via = config.route[routeIndex]?.via
  return via === undefined ? [] : pathsFrom(config, via, [])
}

/** True where every way from this name ends at an upstream that passes the test. */
export function everyProxy(config: RoutingConfig, name: string, test: (proxy: ProxySettings) => boolean): boolean {
  return pathsFrom(config, name, []).every(({ proxy }) => proxy !== undefined && test(proxy))
}

/** The hops of an upstream whose URLs were checked. */
export function hopsOf({ hops }: ProxySettings): readonly Hop[] {
  return hops.flatMap((url) => {
    const hop = parseHop(url)
    return 'message' in hop ? [] : [hop]
  })
}

function pathsFrom(config: RoutingConfig, name: string, before: readonly string[]): readonly RoutePath[] {
  const names = [...before, name]
  if (name === DIRECT) return [{ names, proxy: undefined, leak: 'it goes direct' }]
  const upstream = Object.hasOwn(config.upstreams, name) ? config.upstreams[name] : undefined
  if (upstream === undefined || before.includes(name)) return []
  if (isGroup(upstream)) return upstream.members.flatMap((member) => pathsFrom(config, member, names))
  return [{ names, proxy: upstream, leak: leakOf(hopsOf(upstream)) }]
}

const CLEAR = 'credentials go in clear to'

function leakOf(hops: readonly Hop[]): string {
  const last = hops.at(-1)
  if (last !== undefined && !resolvesRemotely(last)) return `names are looked up here (${last.scheme})`
  // loopback is this machine's for the first hop alone: of those behind it, it is that of the one before
  const bare = hops.find((hop, i) => hasCredentials(hop) && hop.scheme !== 'https' && !(i === 0 && isLoopback(hop)))
  return bare === undefined ? '' : `${CLEAR} ${bare.scheme}://${bare.host}:${bare.port}`
}

function isLoopback({ host, family }: Hop): boolean {
  return family === 0 ? host === 'localhost' : classifyAddress(host) === 'loopback'
}

function checkUpstream(config: RoutingConfig, name: string): readonly RoutingFault[] {
  const upstream = config.upstreams[name]
  const path = ['upstreams', name]
  if (upstream === undefined) return []
  if (name === DIRECT) return [{ path, message: `${name} is the way without an upstream`, fix: 'choose another name' }]
  return isGroup(upstream) ? checkGroup(config, name, upstream.members) : checkProxy(path, upstream)
}

function checkProxy(path: readonly string[], proxy: ProxySettings): readonly RoutingFault[] {
  const parsed = proxy.hops.map(parseHop)
  const faults = parsed.flatMap((hop) => ('message' in hop ? [{ path, ...hop }] : []))
  if (faults.length > 0) return faults
  const hops = hopsOf(proxy)
  const last = hops.at(-1)
  if (last === undefined) return [{ path, message: 'an upstream without a URL', fix: 'write url: or chain:' }]
  if (proxy.tor && !resolvesRemotely(last)) {
    const fix = `write ${last.scheme === 'socks5' ? 'socks5h' : 'socks4a'}://`
    return [{ path, message: `${last.scheme} looks names up here, which Tor must do`, fix }]
  }
  // SOCKS4 (without a) knows IPv4 addresses only
  const unreachable = hops.find((hop, i) => hop.scheme === 'socks4' && hops[i + 1]?.family === 6)
  return unreachable === undefined
    ? []
    : [{ path, message: 'socks4 cannot reach the IPv6 address of the next hop', fix: 'use socks5h or socks4a' }]
}

function checkGroup(config: RoutingConfig, name: string, members: readonly string[]): readonly RoutingFault[] {
  const path = ['upstreams', name, 'members']
  if (members.length === 0) {
    return [
      { path, message: `the group ${name} has no member`, fix: 'write at least one; an empty group never goes direct' },
    ]
  }
  const unknown = members.filter((member) => !isKnown(config, member))
  if (unknown.length > 0) return unknown.map((member) => unknownName(config, path, member))
  if (members.includes(DIRECT)) {
    const fix = 'take it out, and write a route with via: direct for what may go direct'
    return [{ path, message: `direct is no member of a group`, fix }]
  }
  const circle = circleFrom(config, name, [], new Set())
  if (circle === undefined) return []
  if (circle.at(-1) !== name) {
    return [{ path, message: `groups within groups, more than ${MAX_DEPTH} deep`, fix: 'name their members here' }]
  }
  return [{ path, message: `this group contains itself: ${circle.join(' → ')}`, fix: 'take one of these out' }]
}

/** Names from a group back to itself, or down to where it is too deep. What was seen once leads nowhere new. */
function circleFrom(
  config: RoutingConfig,
  name: string,
  before: readonly string[],
  seen: Set<string>,
): readonly string[] | undefined {
  if (name === before[0] || before.length > MAX_DEPTH) return [...before, name]
  const upstream = Object.hasOwn(config.upstreams, name) ? config.upstreams[name] : undefined
  if (upstream === undefined || !isGroup(upstream) || seen.has(name)) return undefined
  seen.add(name)
  for (const member of upstream.members) {
    const circle = circleFrom(config, member, [...before, name], seen)
    if (circle !== undefined) return circle
  }
  return undefined
}

/** Groups that share members multiply their ways, each of which is judged. The graph must be free of other faults. */
function checkWays(config: RoutingConfig): readonly RoutingFault[] {
  const counted = new Map<string, number>()
  const name = Object.keys(config.upstreams).find((one) => countWays(config, one, counted) > MAX_WAYS)
  if (name === undefined) return []
  const message = `the group ${name} has more than ${MAX_WAYS} ways to its upstreams`
  return [{ path: ['upstreams', name, 'members'], message, fix: 'name each upstream in one group only' }]
}

function countWays(config: RoutingConfig, name: string, counted: Map<string, number>): number {
  const upstream = config.upstreams[name]
  if (upstream === undefined || !isGroup(upstream)) return 1
  const known = counted.get(name)
  if (known !== undefined) return known
  const ways = upstream.members.reduce((sum, member) => sum + countWays(config, member, counted), 0)
  counted.set(name, ways)
  return ways
}

function isKnown({ upstreams }: RoutingConfig, name: string): boolean {
  return name === DIRECT || Object.hasOwn(upstreams, name)
}

function unknownName({ upstreams }: RoutingConfig, path: RoutingFault['path'], name: string): RoutingFault {
  const names = [...Object.keys(upstreams), DIRECT].join(', ')
  return { path, message: `there is no upstream ${JSON.stringify(name)}`, fix: `write one of ${names}` }
}
