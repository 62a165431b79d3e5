import type { Config } from '../config/config.js'
import type { Counts } from '../counts.js'
import { ProxyError } from '../errors.js'
import { identitySiteOf } from '../http/site.js'
import type { Routing } from '../pipeline/routing.js'
import { hopsOf } from '../policy/routing-graph.js'
import { type GroupSettings, isGroup, type ProxySettings, type UpstreamSettings } from '../policy/upstream-settings.js'
import { type ChainOptions, createChain } from './chain.js'
import type { Dial, DialRequest } from './dial.js'
import { createFailover } from './failover.js'
import { type OrderSources, orderOf, type Place } from './group-order.js'
import { type Credentials, credentialsFrom, egressIndexFrom, type Identities } from './identities.js'
import { createMember, type Member } from './member.js'
import type { UpstreamStates } from './upstream-states.js'

export type UpstreamsOptions = Omit<ChainOptions, 'name' | 'hops' | 'ca' | 'identify'> & {
  /** Free of faults (policy/routing-graph.ts). */
  readonly upstreams: Config['upstreams']
  readonly states: UpstreamStates
  /** PEM by the path that `ca` names. */
  readonly authorities: ReadonlyMap<string, string>
  readonly sources: OrderSources
  readonly identities: Identities
  readonly counts: Pick<Counts, 'connectMs'>
}

/** The configured upstreams, by the policy of one snapshot. */
export type Upstreams = {
  /** The way through an upstream or group; undefined for a name that is none. */
  dialOf(name: string): Dial | undefined
  /** Every upstream that is no group, with its settings. */
  readonly members: readonly (readonly [Member, ProxySettings])[]
}

export function createUpstreams(options: UpstreamsOptions): Upstreams {
  const { upstreams, states, authorities, sources, identities, connectTimeoutMs, now, counts } = options
  const places = new Map<string, Place>()
  const members: (readonly [Member, ProxySettings])[] = []
  const dials = new Map<string, Dial>()

  function placeOf(name: string): Place {
    const known = places.get(name)
    if (known !== undefined) return known
    const settings = upstreams[name] as UpstreamSettings
    const place = isGroup(settings) ? groupOf(name, settings) : proxyOf(name, settings)
    places.set(name, place)
    return place
  }

  function groupOf(name: string, settings: GroupSettings): Place {
    return { name, settings, places: settings.members.map(placeOf), turn: states.turnOf(name) }
  }

  function proxyOf(name: string, settings: ProxySettings): Place {
    const ca = settings.ca === undefined ? undefined : authorities.get(settings.ca)
    const identify = identifierOf(name, settings, identities)
    const chain = createChain({ ...options, name, hops: hopsOf(settings), ca, identify })
    const member = createMember(states.stateOf(name, settings), chain, now, counts)
    members.push([member, settings])
    return { member }
  }

  for (const name of Object.keys(upstreams)) {
    const place = placeOf(name)
    const order = (request: Parameters<Dial>[0]) => orderOf(place, request, sources)
    dials.set(name, createFailover({ order, connectTimeoutMs, now }))
  }
  return { dialOf: (name) => dials.get(name), members }
}

/**
 * The one way out: by the route of the request, or of its host where nobody has
 * asked before. A target without a route, and a route whose upstream is not
 * there, fail (`VG_NO_ROUTE`); neither goes direct.
 */
export function createEgressDial(
  routing: Routing,
  direct: Dial,
  upstreams: Pick<Upstreams, 'dialOf'>,
  identities: Pick<Identities, 'generationOf'>,
): Dial {
  return function dial(asked, done) {
    const egress = asked.egress ?? routing.find(asked)
    // one identity for all members that are tried, and the one that the key of a kept connection tells of
    const request =
      egress?.isolate === undefined
        ? asked
        : { ...asked, egress, generation: identities.generationOf(identitySiteOf(asked)) }
    const by = egress?.isDirect ? direct : upstreams.dialOf(egress?.via ?? '')
    if (by !== undefined) return by(request, done)
    done(new ProxyError('VG_NO_ROUTE'), null, { ip: null, cnames: [], dnsMs: null, connectMs: null })
    return nothingToCancel
  }
}

/**
 * The direct way, from the same address of ours for the same identity where the
 * route of a request isolates.
 */
export function createIsolatedDial<S>(dial: Dial<S>, identities: Identities): Dial<S> {
  return function isolatedDial(request, done) {
    const isolation = request.egress?.isolate
    if (isolation === undefined) return dial(request, done)
    const generation = request.generation ?? identities.generationOf(identitySiteOf(request))
    const identity = identities.derive(isolation, request, generation, 'egress address')
    return dial({ ...request, egressIndex: egressIndexFrom(identity) }, done)
  }
}

function identifierOf(name: string, { isolate, tor }: ProxySettings, identities: Identities) {
  if (isolate === undefined) return undefined
  return (request: DialRequest): Credentials => {
    const generation = request.generation ?? identities.generationOf(identitySiteOf(request))
    return credentialsFrom(identities.derive(isolate, request, generation, `upstream ${name}`), tor)
  }
}

function nothingToCancel(): void {}
