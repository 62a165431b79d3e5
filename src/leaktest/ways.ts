import type { Config, HostHeaders } from '../config/config.js'
import { exampleTargets } from '../config/routing.js'
import { createCidrTable, parseCidr } from '../http/cidr.js'
import type { FieldChanges } from '../http/header-policy.js'
import { identitySiteOf } from '../http/site.js'
import { resolvesRemotely } from '../policy/hop.js'
import { hopsOf, pathsOf } from '../policy/routing-graph.js'
import { DIRECT } from '../policy/upstream-settings.js'
import { createFirstMatch, parseHostRule } from '../rules/first-match.js'
import { compileHostPatterns } from '../rules/host-patterns.js'
import type { Pattern } from '../rules/pattern.js'
import type { RuleQuery } from '../rules/rule.js'
import type { Promises } from './judge.js'

/** One way that requests leave by. */
export type Way = {
  /** Place in `route`, from 1; 0 where none is configured. */
  readonly route: number
  readonly match: readonly string[]
  readonly via: string
  /** That takes this way; undefined where none is known that could be asked for here. */
  readonly host: string | undefined
}

/** The way that a host and port take, as `waysOf` has it; undefined where no route leads there. */
export function wayTo({ route }: Pick<Config, 'route'>, host: string, port: number): Way | undefined {
  if (route.length === 0) return { route: 0, match: [], via: DIRECT, host }
  const index = createFirstMatch(route.map(({ match }) => match.flatMap(patternsOf)))(queryOf(host, port))
  const found = route[index]
  return found && { route: index + 1, match: found.match, via: found.via, host }
}

/** Somebody's page, where routes do not ask for another name. */
const LOOPBACK = '127.0.0.1'
const HOST = 'www.leaktest-site.example'
/** Another site's, where two are told apart. */
const OTHER_HOST = 'www.leaktest-reader.example'

/** The ways of a configuration, in the order of its routes. */
export function waysOf({ route, egress }: Pick<Config, 'route' | 'egress'>): readonly Way[] {
  if (route.length === 0) return [{ route: 0, match: [], via: DIRECT, host: ownHost(egress) }]
  return route.map(({ match, via }, i) => {
    const hosts = [via === DIRECT ? ownHost(egress) : HOST, ...examplesFor(match, via)]
    return { route: i + 1, match, via, host: hosts.find(takes(route, i)) }
  })
}

/** Hosts that take a way of a route: its own, another of the same site, and others, as far as any are known. */
export function hostsOf({ route }: Pick<Config, 'route'>, way: Way): readonly string[] {
  const own = way.host ?? ''
  const known = [own, `cdn.${siteAt(own)}`, OTHER_HOST, ...examplesFor(way.match, way.via)]
  const more = known.filter((host) => !isAddress(host)).map((host) => `other-${host}`)
  return [...known, ...more].filter(takes(route, way.route - 1))
}

/** What is said of upstreams behind a way that none of these is: its group picked others. */
export function untestedMembers(config: Config, { route, via }: Way, asked: ReadonlySet<string>): readonly string[] {
  const members = pathsOf(config, route - 1).flatMap(({ names, proxy }) => (proxy === undefined ? [] : names.slice(-1)))
  const missed = [...new Set(members)].filter((name) => !asked.has(name))
  if (missed.length === 0 || missed.length === members.length) return []
  return [`not tested: ${missed.join(', ')}, for ${via} picked others; a route via each of them shows it`]
}

/** The site of a host, by which identities are kept apart. */
export function siteAt(host: string): string {
  return identitySiteOf(queryOf(host, ANY_PORT))
}

/** Where nobody looks names up, only addresses are reached directly. */
function ownHost({ dns }: Pick<Config['egress'], 'dns'>): string {
  return dns.mode === 'upstream' ? LOOPBACK : HOST
}

function examplesFor(match: readonly string[], via: string): readonly string[] {
  const examples = match.flatMap(exampleTargets).filter(({ family }) => family === 0 || via !== DIRECT)
  return examples.map(({ host }) => host)
}

/** Which port the origin gets is not known yet: one that no pattern names. */
function takes(route: Config['route'], index: number): (host: string) => boolean {
  const routeOf = createFirstMatch(route.map(({ match }) => match.flatMap(patternsOf)))
  return (host) => routeOf(queryOf(host, ANY_PORT)) === index
}

function isAddress(host: string): boolean {
  return queryOf(host, ANY_PORT).family !== 0
}

/** No service's, so no pattern speaks of it. */
const ANY_PORT = 65_535

/** What the configuration promises of requests for a host that leave by a way. */
export function promisesOf(config: Config, { via, route }: Way, host: string, port: number): Promises {
  const { headers, egress } = config
  const own = headers.perHost.find(({ match }) => compileHostPatterns(match)(queryOf(host, port)))
  const { mode, fallback } = egress.dns
  const goesDirect = via === DIRECT
  return {
    profile: own?.profile ?? headers.profile,
    changes: [...(own === undefined ? [] : [changesOf(own)]), changesOf(headers)],
    hidesAddress: !goesDirect,
    asksNobody: mode === 'upstream' || (!goesDirect && isRemote(config, route - 1)),
    asksNoServer: mode === 'doh' && fallback === 'none',
    isEgressAddress: egress.addresses.length === 0 ? undefined : isIn(egress.addresses),
  }
}

function changesOf({ keep, remove, set }: HostHeaders | Config['headers']): FieldChanges {
  return { keep, remove, set }
}

/** Every way of the route ends at a hop that looks names up. */
function isRemote(config: Config, route: number): boolean {
  return pathsOf(config, route).every(({ proxy }) => {
    const last = proxy === undefined ? undefined : hopsOf(proxy).at(-1)
    return last !== undefined && resolvesRemotely(last)
  })
}

function isIn(ranges: readonly string[]): (address: string) => boolean {
  const table = createCidrTable<true>()
  for (const text of ranges) {
    const cidr = parseCidr(text)
    if (cidr !== undefined) table.add(cidr, true)
  }
  return (address) => table.longest(address) !== undefined
}

function patternsOf(text: string): readonly Pattern[] {
  const parsed = parseHostRule(text)
  return 'kind' in parsed ? [] : parsed
}

function queryOf(host: string, port: number): RuleQuery {
  return { host, port, family: host.includes(':') ? 6 : /^[\d.]+$/.test(host) ? 4 : 0, path: undefined }
}
