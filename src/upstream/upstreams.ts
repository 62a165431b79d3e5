import type { Socket } from 'node:net'
import type { Config } from '../config/config.js'
import type { Counts } from '../counts.js'
import { ProxyError } from '../errors.js'
import { identitySiteOf } from '../http/site.js'
import { egressFault, type Routing } from '../pipeline/routing.js'
import { everyProxy, hopsOf } from '../policy/routing-graph.js'
import { type GroupSettings, isGroup, type ProxySettings, type UpstreamSettings } from '../policy/upstream-settings.js'
import { type ChainOptions, createChain } from './chain.js'
import type { Dial, DialRequest } from './dial.js'
import { createFailover } from './failover.js'
import { type OrderSources, orderOf, type Place } from './group-order.js'
import { type Credentials, credentialsFrom, egressIndexFrom, type Identities } from './identities.js'
import { createMember, type Member } from './member.js'
import type { UpstreamStates } from './upstream-states.js'

export type UpstreamsOptions<S> = Omit<ChainOptions<S>, 'name' | 'hops' | 'ca' | 'identify'> & {
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
export type Upstreams<S = Socket> = {
  /**
   * The way through an upstream or group; undefined for a name that is none, and for one with an https hop somewhere on its
   * ways where the wire has no TLS.
   */
  dialOf(name: string): Dial<S> | undefined
  /** Every upstream behind one of these that is no group, with its settings. */
  readonly members: readonly (readonly [Member<S>, ProxySettings])[]
}

export function createUpstreams<S>(options: UpstreamsOptions<S>): Upstreams<S> {
  const { upstreams, wire, states, authorities, sources, identities, connectTimeoutMs, now, counts } = options
  const places = new Map<string, Place<S>>()
  const members: (readonly [Member<S>, ProxySettings])[] = []
  const dials = new Map<string, Dial<S>>()

  function placeOf(name: string): Place<S> {
    const known = places.get(name)
    if (known !== undefined) return known
    const settings = upstreams[name] as UpstreamSettings
    const place = isGroup(settings) ? groupOf(name, settings) : proxyOf(name, settings)
    places.set(name, place)
    return place
  }

  function groupOf(name: string, settings: GroupSettings): Place<S> {
    return { name, settings, places: settings.members.map(placeOf), turn: states.turnOf(name) }
  }

  function proxyOf(name: string, settings: ProxySettings): Place<S> {
    const ca = settings.ca === undefined ? undefined : authorities.get(settings.ca)
    const identify = identifierOf(name, settings, identities)
    const chain = createChain({ ...options, name, hops: hopsOf(settings), ca, identify })
    const member = createMember(states.stateOf(name, settings), chain, wire, now, counts)
    members.push([member, settings])
    return { member }
  }

  const isCarried = (settings: ProxySettings): boolean =>
    wire.secure !== undefined || hopsOf(settings).every(({ scheme }) => scheme !== 'https')

  for (const name of Object.keys(upstreams)) {
    if (!everyProxy({ upstreams, route: [] }, name, isCarried)) continue
    const place = placeOf(name)
    const order = (request: DialRequest) => orderOf(place, request, sources)
    dials.set(name, createFailover({ order, connectTimeoutMs, now }))
  }
  return { dialOf: (name) => dials.get(name), members }
}

/**
 * The one way out: by the route of the request, or of its host where nobody has
 * asked before. What must not leave that way fails, and so does a route whose
 * upstream is not there (`VG_NO_ROUTE`); neither goes direct.
 */
export function createEgressDial<S>(
  routing: Routing,
  direct: Dial<S>,
  upstreams: Pick<Upstreams<S>, 'dialOf'>,
  identities: Pick<Identities, 'generationOf'>,
): Dial<S> {
  return function dial(asked, done) {
    const egress = asked.egress ?? routing.find(asked)
    // one identity for all members that are tried, and the one that the key of a kept connection tells of
    const request =
      egress?.isolate === undefined
        ? asked
        : { ...asked, egress, generation: asked.generation ?? identities.generationOf(identitySiteOf(asked)) }
    const fault = egressFault(egress, asked.host)
    const by = fault !== undefined ? undefined : egress?.isDirect ? direct : upstreams.dialOf(egress?.via ?? '')
    if (by !== undefined) return by(request, done)
    done(new ProxyError(fault ?? 'VG_NO_ROUTE'), null, { ip: null, cnames: [], dnsMs: null, connectMs: null })
    return nothingToCancel
  }
}

/**
 * The direct way, from the same address of ours and with lookups of its own for
 * the same identity where the route of a request isolates.
 */
export function createIsolatedDial<S>(dial: Dial<S>, identities: Identities): Dial<S> {
  return function isolatedDial(request, done) {
    const isolation = request.egress?.isolate
    if (isolation === undefined) return dial(request, done)
    const generation = request.generation ?? identities.generationOf(identitySiteOf(request))
    const identity = identities.derive(isolation, request, generation, 'egress address')
    return dial({ ...request, egressIndex: egressIndexFrom(identity), identity: identity.toString('latin1') }, done)
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
