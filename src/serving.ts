import { randomBytes } from 'node:crypto'
import { networkInterfaces } from 'node:os'
import { performance } from 'node:perf_hooks'
import { type AccessRecord, exchangeSettled } from './channels.js'
import { createAuthorityReader, createUpstreamAuthorityReader } from './config/authority-file.js'
import type { Config } from './config/config.js'
import { toListenAddress } from './config/listen-url.js'
import { refuseOpenProxy } from './config/settings.js'
import { type Counts, createCounts } from './counts.js'
import { watchEventLoop } from './event-loop-lag.js'
import { createRequestHead } from './http/request-head.js'
import { createResponseHead } from './http/response-head.js'
import { imageOf, type Measures } from './measures.js'
import { compilePolicy } from './pipeline/compile-policy.js'
import type { Policy } from './pipeline/policy.js'
import { createEgressAddresses } from './policy/egress-addresses.js'
import { createEgressGuard, EVERY_SPECIAL_RANGE } from './policy/egress-guard.js'
import type { ListenAddress } from './policy/own-listeners.js'
import { DIRECT } from './policy/upstream-settings.js'
import type { RuleSet } from './rules/rule.js'
import { createAcceptGates } from './transport/accept-gates.js'
import type { BindPlace } from './transport/bind.js'
import { createClientCounts } from './transport/client-counts.js'
import type { TransportContext } from './transport/context.js'
import { createDeadlines, tickFor } from './transport/deadlines.js'
import { drain, type OpenConnections, tookIn } from './transport/drain.js'
import { createGathering } from './transport/gathering.js'
import { type Listener, listen as startListener } from './transport/listener.js'
import { chooseEngine, type SocketId } from './transport/native-addon.js'
import { NativeEdge } from './transport/native-edge.js'
import { listenNatively } from './transport/native-listener.js'
import { createOriginPool } from './transport/origin-pool.js'
import { createPlacedItems } from './transport/placed-items.js'
import { createActiveChecks } from './upstream/active-checks.js'
import { createAddressJudge } from './upstream/address-judge.js'
import { createSocketConnect } from './upstream/connect-socket.js'
import {
  countDescriptors,
  createDescriptors,
  readDescriptorLimit,
  refuseFewDescriptors,
} from './upstream/descriptors.js'
import { type Connect, createDialLines, createRace, type Dial } from './upstream/dial.js'
import { openResolver } from './upstream/dns/open-resolver.js'
import { createDisguiseFor, createIdentities, type Generations } from './upstream/identities.js'
import type { HostResolver } from './upstream/resolver.js'
import { socketWire } from './upstream/socket-wire.js'
import type { UpstreamState } from './upstream/upstream-report.js'
import { createUpstreamStates } from './upstream/upstream-states.js'
import { createEgressDial, createIsolatedDial, createUpstreams, type Upstreams } from './upstream/upstreams.js'
import type { Wire } from './upstream/wire.js'

/** A configuration in force, with all that was compiled from it. */
export type Snapshot = {
  readonly config: Config
  readonly policy: Policy
  readonly resolver: HostResolver
  readonly upstreams: Upstreams
  readonly dial: Dial
}

/** Nobody but the configuration says where an upstream is, so its address needs nobody's leave. */
const UPSTREAM_GUARD = createEgressGuard({ allow: EVERY_SPECIAL_RANGE, deny: [] })
/** How often upstreams are looked through for one whose check is due. */
const CHECK_TICK_MS = 1_000

/** The ways out of one engine. */
type Ways<S> = { readonly upstreams: Upstreams<S>; readonly dial: Dial<S> }

export type ServingOptions = {
  readonly config: Config
  readonly ruleSet: RuleSet
  /** Hears of every exchange that has ended; asked only while `isHeard`. */
  readonly onExchange?: (record: AccessRecord) => void
  readonly isHeard?: () => boolean
  readonly onFault?: (error: unknown) => void
  readonly onWarning?: (message: string) => void
  readonly onNotice?: (message: string) => void
  /** Authorities of DNS over HTTPS; default reads the file that the configuration names. */
  readonly authorityOf?: (config: Config) => string | undefined
  /** The same of upstreams, by path. */
  readonly upstreamAuthoritiesOf?: (config: Config) => ReadonlyMap<string, string>
  /**
   * By which sticky groups give clients their members, and identities are derived; processes that share it give the
   * same. Default: random.
   */
  readonly secret?: Buffer
  /** Of the identities in force, where other processes have some. */
  readonly generations?: Generations | undefined
  /** See `ListenerOptions`. */
  readonly giveWay?: () => void
  /** Of a worker with the engine native: descriptors that listen at the addresses of the configuration, in their order. */
  readonly sockets?: readonly number[]
  /** What it counts; without it the process has its own. */
  readonly counts?: Counts
  /** Descriptors of listening TCP sockets, used instead of binding `listen`. */
  readonly inherited?: readonly number[]
  /** Listeners of this proxy that serve no clients, and that clients may not reach either. */
  readonly alsoOwn?: () => readonly ListenAddress[]
}

/** What was prepared; one of the two is called, once. */
export type Change = {
  /** Swaps a reference, for requests from then on, while others are under way. */
  commit(): void
  abandon(): void
}

/** Clients served in this process, under one configuration and rule set at a time. */
export type Serving = {
  /** What is in force. */
  readonly snapshot: Snapshot
  /** URLs with the ports taken; empty before `listen`. */
  readonly addresses: readonly string[]
  /** The data plane of the listeners, `js` before `listen`. */
  readonly engine: 'native' | 'js'
  readonly connections: number
  /** Of these, the ones with an exchange or tunnel under way. */
  readonly busyConnections: number
  /** The configured upstreams and groups, in order, as this process knows them. */
  upstreamStates(): Promise<readonly UpstreamState[]>
  /** Which identities are in force. */
  readonly generations: Generations
  /**
   * Identities that were not there before, for a site (`identitySiteOf`) or for all; returns their generation. Kept
   * connections are closed, and those under way serve no other request.
   */
  renewIdentities(site: string | undefined): number
  /** Takes up what another process has renewed, in the same way. */
  adoptGenerations(generations: Generations): void
  /** Starts to accept at the addresses of the configuration. @throws CannotRunError (port taken, permission, engine) */
  listen(): Promise<void>
  /** Another process listens there: these addresses are not to be dialled. */
  noteListening(urls: readonly string[]): void
  /** Puts the first configuration in force with other rules, before anybody was served. */
  replaceRules(ruleSet: RuleSet): void
  /** Compiles what shall be in force next. Nothing changes before it is committed. */
  prepare(config: Config, ruleSet: RuleSet): Change
  measure(): Measures
  /** See `Proxy.close`. */
  close(drainMs: number): Promise<number>
}

/**
 * Wires transport, upstreams and policy of one process.
 *
 * Longer than most files: it holds what has one life in a process (connections, counts, pool, edge) beside what a change of
 * configuration replaces (the snapshot), and decides nothing itself.
 */
export function createServing(options: ServingOptions): Serving {
  const { config, onExchange, isHeard = () => false, onFault, onWarning, onNotice, giveWay, sockets } = options
  const { counts = createCounts(), inherited = [], alsoOwn = () => [] } = options
  const authorityOf = options.authorityOf ?? createAuthorityReader()
  const upstreamAuthoritiesOf = options.upstreamAuthoritiesOf ?? createUpstreamAuthorityReader()
  const connections: OpenConnections = createPlacedItems('openPlace')
  const clients = createClientCounts()
  const tunnels = createClientCounts()
  const pool = createOriginPool()
  const descriptors = createDescriptors({
    limit: readDescriptorLimit(),
    base: countDescriptors(),
    elsewhere: () => edge?.descriptors ?? 0,
    onHere(count) {
      if (engine === 'native') edge?.noteElsewhere(count)
      else if (count < descriptors.clientCeiling) gates.setOpen(true)
      // short of them the next client closes the gates; there may be none
      else if (descriptors.isScarce()) gates.setOpen(false)
    },
    onShort: (used, limit) =>
      onWarning?.(
        `${used} of ${limit} descriptors are in use: no more clients are let in until some close; raise the limit (LimitNOFILE=, ulimit -n)`,
      ),
  })
  const gates = createAcceptGates({ limits: counts.limits, onPaused })
  // who looks at metrics wants to know; nobody else does
  const lag = config.admin.listen === '' ? undefined : watchEventLoop()
  const deadlines = createDeadlines(tickFor(timeoutsOf(config)), () => performance.now())
  const dials = new WeakMap<Policy, Dial>()
  const nativeWays = new WeakMap<Policy, Ways<SocketId>>()
  let engine: 'native' | 'js' = 'js'
  let edge: NativeEdge | undefined
  const resolvers = new Set<HostResolver>()
  const states = createUpstreamStates((name, isUp, { failures, lastError }) => {
    if (isUp) onNotice?.(`upstream ${name} is up again`)
    else onWarning?.(`upstream ${name} is down: ${lastError}${failures > 1 ? ` (${failures} times)` : ''}`)
  })
  const secret = options.secret ?? randomBytes(16)
  const sources = { chance: Math.random, wallClock: Date.now, secret }
  const identities = createIdentities(secret)
  if (options.generations !== undefined) identities.adopt(options.generations)
  const disguiseFor = createDisguiseFor(identities)
  const checks = createActiveChecks(
    () => snapshot.upstreams.members,
    () => snapshot.config.limits.connectTimeoutMs,
    () => performance.now(),
  )
  let checkTimer: NodeJS.Timeout | undefined
  const idPrefix = randomBytes(4).toString('hex')
  let exchanges = 0
  let listeners: readonly Listener[] = []
  let listening: readonly ListenAddress[] | undefined
  let isDraining = false
  let snapshot = takeSnapshot(config, options.ruleSet)
  let heads = createHeads(config)

  const context: TransportContext = {
    get limits() {
      return snapshot.config.limits
    },
    get requestHead() {
      return heads.request
    },
    get responseHead() {
      return heads.response
    },
    counts,
    descriptors,
    deadlines,
    gathering: createGathering(() => performance.now()),
    pool,
    identities,
    tunnels,
    policy: () => snapshot.policy,
    dial: (policy, request, done) => (dials.get(policy) ?? snapshot.dial)(request, done),
    nextId: () => `${idPrefix}-${(exchanges++).toString(36)}`,
    wallClock: Date.now,
    isDraining: () => isDraining,
    isRecording: () => exchangeSettled.hasSubscribers || isHeard(),
    record(record) {
      if (exchangeSettled.hasSubscribers) exchangeSettled.publish(record)
      if (isHeard()) onExchange?.(record)
    },
    reportFault: (error) => onFault?.(error),
  }

  function takeSnapshot(next: Config, ruleSet: RuleSet): Snapshot {
    const serves = listening ?? next.listen.map(toListenAddress)
    const surroundings = { listening: [...serves, ...alsoOwn()], localAddresses: localAddresses(), disguiseFor }
    const policy = compilePolicy(next, ruleSet, surroundings)
    const { dns, addresses } = next.egress
    const resolver = openResolver({
      dns,
      egressAddresses: addresses,
      ca: authorityOf(next),
      now: () => performance.now(),
      report: (message) => onWarning?.(message),
      counts,
      maxQueries: next.limits.dnsQueries,
    })
    resolvers.add(resolver)
    const { guard, isOwn, routing } = policy
    const { limits } = next
    const lines = createDialLines()
    const ways = { resolver, isOwn, limits, descriptors, lines, counts, now: () => performance.now() }
    const toUpstreams = { ...ways, guard: UPSTREAM_GUARD }
    const direct = { ...ways, guard, route: DIRECT, egressAddresses: createEgressAddresses(addresses) }
    const beyond = {
      resolver,
      now: ways.now,
      counts,
      connectTimeoutMs: limits.connectTimeoutMs,
      upstreams: next.upstreams,
      judge: createAddressJudge({ guard, isOwn }),
      states,
      authorities: upstreamAuthoritiesOf(next),
      sources,
      identities,
    }
    function waysBy<S>(connect: Connect<S>, wire: Wire<S>): Ways<S> {
      const upstreams = createUpstreams({ ...beyond, wire, connect: createRace(toUpstreams, connect) })
      const straight = createIsolatedDial(createRace(direct, connect), identities)
      return { upstreams, dial: createEgressDial(routing, straight, upstreams, identities) }
    }
    const { upstreams, dial } = waysBy(createSocketConnect(descriptors, limits.bufferBytes), socketWire)
    dials.set(policy, dial)
    if (edge !== undefined) nativeWays.set(policy, waysBy(edge.connect, edge))
    return { config: next, policy, resolver, upstreams, dial }
  }

  function places(): readonly BindPlace[] {
    if (inherited.length > 0) return inherited.map((fd) => ({ fd }))
    return config.listen.map((url) => {
      const { address: host, port } = toListenAddress(url)
      return { host, port }
    })
  }

  function retire({ resolver }: Snapshot): void {
    resolvers.delete(resolver)
    resolver.close()
  }

  /** @throws {CannotRunError} `native` is wanted and cannot be had */
  function startEdge(): void {
    const choice = chooseEngine(config.engine, inherited.length > 0 ? 'it binds its sockets itself' : undefined)
    engine = choice.engine
    if (choice.engine === 'native') edge = new NativeEdge(choice.addon, { deadlines, counts, descriptors, onPaused })
    else if (choice.why !== '') onNotice?.(`the engine native cannot run, so js does: ${choice.why}`)
  }

  /** What idles at origins can be a client's descriptor. */
  function onPaused(): void {
    descriptors.noteShortage()
    pool.clear()
  }

  function startOne(position: number, place: BindPlace): Promise<Listener> {
    const common = { context, position, place, connections, clients, ...(giveWay && { giveWay }) }
    if (edge === undefined || 'fd' in place) return startListener({ ...common, gates })
    const descriptor = sockets?.[position - 1]
    return listenNatively({
      ...common,
      place,
      edge,
      dial: (policy, request, done) => nativeWaysOf(policy).dial(request, done),
      reaches: (policy, via) => nativeWaysOf(policy).upstreams.dialOf(via) !== undefined,
      ...(descriptor !== undefined && { descriptor }),
    })
  }

  function nativeWaysOf(policy: Policy): Ways<SocketId> {
    const ways = nativeWays.get(policy)
    if (ways === undefined) throw new Error('this policy was never in force')
    return ways
  }

  function stopEdge(): void {
    edge?.shutDown()
    edge = undefined
  }

  function replaceRules(ruleSet: RuleSet): void {
    const before = snapshot
    snapshot = takeSnapshot(config, ruleSet)
    retire(before)
  }

  return {
    get snapshot() {
      return snapshot
    },
    get addresses() {
      return listeners.map(({ url }) => url)
    },
    get engine() {
      return engine
    },
    get connections() {
      return connections.size
    },
    async upstreamStates() {
      if (Object.keys(snapshot.config.upstreams).length === 0) return []
      const { upstreamStates } = await import('./upstream/upstream-report.js')
      return upstreamStates(snapshot.config, snapshot.upstreams, performance.now())
    },
    get busyConnections() {
      let busy = 0
      connections.forEach(({ isIdle }) => {
        if (!isIdle) busy++
      })
      return busy
    },

    get generations() {
      return identities.generations
    },

    renewIdentities(site) {
      const generation = identities.renew(site)
      pool.clear()
      return generation
    },

    adoptGenerations(generations) {
      identities.adopt(generations)
      pool.clear()
    },

    async listen() {
      startEdge()
      // for clients of the first listener, who may come before the last one is bound
      replaceRules(snapshot.policy.rules)
      const started: Listener[] = []
      try {
        for (const place of places()) started.push(await startOne(started.length + 1, place))
        refuseFewDescriptors(descriptors, countDescriptors())
        // sockets that somebody else has bound may be open to others
        refuseOpenProxy({ ...config, listen: started.map(({ url }) => url) })
      } catch (error) {
        const closed = started.map((listener) => listener.close())
        connections.forEach((connection) => void connection.close())
        await Promise.all(closed)
        stopEdge()
        throw error
      }
      listeners = started
      listening = started
      // only now the ports are known that must not be dialled
      replaceRules(snapshot.policy.rules)
      checkTimer = setInterval(checks.tick, CHECK_TICK_MS).unref()
    },

    noteListening(urls) {
      listening = urls.map(toListenAddress)
      replaceRules(snapshot.policy.rules)
    },

    replaceRules,

    prepare(next, ruleSet) {
      const coming = takeSnapshot(next, ruleSet)
      const comingHeads = createHeads(next)
      return {
        commit() {
          const before = snapshot
          snapshot = coming
          heads = comingHeads
          pool.clear()
          // exchanges that were decided before still dial by it: it ends when their time is up
          setTimeout(() => retire(before), before.config.limits.connectTimeoutMs).unref()
        },
        abandon: () => retire(coming),
      }
    },

    measure() {
      edge?.countTraffic()
      const { user, system } = process.cpuUsage()
      return {
        counts: imageOf(counts),
        connections: connections.size,
        tunnels: tunnels.total,
        sockets: descriptors.open,
        idleOrigins: pool.size,
        memoryBytes: process.memoryUsage.rss(),
        cpuSeconds: (user + system) / 1_000_000,
        descriptors: countDescriptors(),
        descriptorLimit: descriptors.limit ?? 0,
        downUpstreams: snapshot.upstreams.members
          .filter(([{ state }]) => state.health.status !== 'up')
          .map(([{ state }]) => state.name),
        lag: lag?.take() ?? [],
      }
    },

    async close(drainMs) {
      isDraining = true
      clearInterval(checkTimer)
      checks.close()
      // a closed listener resets those who wait at it, and a client that was not read yet would seem idle
      const entered = (): number => clients.entered
      if (drainMs > 0) await tookIn(entered)
      const closed = listeners.map((listener) => listener.close())
      if (drainMs > 0) await tookIn(entered)
      const cut = await drain(connections, drainMs)
      await Promise.all(closed)
      stopEdge()
      pool.clear()
      for (const resolver of resolvers) resolver.close()
      lag?.close()
      return cut
    },
  }
}

function createHeads({ limits }: Config) {
  return { request: createRequestHead(limits), response: createResponseHead(limits) }
}

function localAddresses(): string[] {
  return Object.values(networkInterfaces()).flatMap((entries) => (entries ?? []).map(({ address }) => address))
}

function timeoutsOf({ limits }: Config): number[] {
  const { headTimeoutMs, bodyTimeoutMs, responseTimeoutMs, idleTimeoutMs, tunnelIdleTimeoutMs } = limits
  return [
    headTimeoutMs,
    bodyTimeoutMs,
    responseTimeoutMs,
    idleTimeoutMs,
    tunnelIdleTimeoutMs,
    limits.connectionLifetimeMs,
  ]
}
