import { randomBytes } from 'node:crypto'
import { networkInterfaces } from 'node:os'
import { performance } from 'node:perf_hooks'
import type { AdminServer } from './admin/server.js'
import { type AccessRecord, exchangeSettled } from './channels.js'
import { compileRules, randomPrintKey } from './compile-rules.js'
import type { Config } from './config/config.js'
import { isLoopbackListener, toListenAddress } from './config/listen-url.js'
import { loadRules } from './config/load-rules.js'
import { mergeSettings, refuseOpenProxy, type Settings } from './config/settings.js'
import { readVersion } from './config/version.js'
import { type Counts, createCounts } from './counts.js'
import { createRequestHead } from './http/request-head.js'
import { createResponseHead } from './http/response-head.js'
import { compilePolicy } from './pipeline/compile-policy.js'
import { decideTarget, type TargetDecision } from './pipeline/decide-target.js'
import type { Policy } from './pipeline/policy.js'
import type { ListenAddress } from './policy/own-listeners.js'
import type { RuleSet } from './rules/rule.js'
import { SYSTEM_CLOCK } from './subscriptions/clock.js'
import { createListFetcher } from './subscriptions/list-fetcher.js'
import type { ListState, ListUpdate } from './subscriptions/list-state.js'
import { createSubscriptions, type UpdateRequest } from './subscriptions/subscriptions.js'
import type { BindPlace } from './transport/bind.js'
import type { ClientConnection } from './transport/client-connection.js'
import { createClientCounts } from './transport/client-counts.js'
import type { TransportContext } from './transport/context.js'
import { createDeadlines, tickFor } from './transport/deadlines.js'
import { drain } from './transport/drain.js'
import { type Listener, listen as startListener } from './transport/listener.js'
import { createOriginPool } from './transport/origin-pool.js'
import { countDescriptors, createDescriptors, readDescriptorLimit } from './upstream/descriptors.js'
import { createDialer, type Dial } from './upstream/dial.js'
import { createResolver, type HostResolver } from './upstream/resolver.js'

export type { TargetDecision } from './pipeline/decide-target.js'
export type { ListState, ListUpdate } from './subscriptions/list-state.js'

/** What people read about the proxy itself; winston's logger fits, so does `console`. */
export type ProxyLogger = { readonly [level in 'error' | 'warn' | 'info' | 'debug']: (message: string) => unknown }

/** Any part of the configuration, in parsed form (milliseconds, port ranges), and the rules. */
export type ProxyOptions = Settings & {
  /** Compiled rules; without it `rules.files` are read when the proxy starts or reloads. `rules.lists` are added to either. */
  readonly ruleSet?: RuleSet
  readonly logger?: ProxyLogger
  /** What it counts, for a program that adds to it or reads it; without it the proxy has its own. */
  readonly counts?: Counts
  /** Descriptors of listening TCP sockets, used instead of binding `listen`. */
  readonly inherited?: readonly number[]
}

export type ProxyEvents = {
  /** An exchange has ended. */
  readonly exchange: AccessRecord
  /** A list of `rules.lists` brought these rules into force. */
  readonly rules: RuleSet
}

type Subscribers = { readonly [E in keyof ProxyEvents]: Set<(what: ProxyEvents[E]) => void> }

export type Proxy = {
  /** Starts to accept. @throws CannotRunError (port taken, permission), InputError (rules, open to others unasked) */
  listen(): Promise<void>
  /** Stops: no new clients, `drainMs` (default 5,000) for what is under way, then the rest is cut. Returns how many were cut. */
  close(options?: { readonly drainMs?: number }): Promise<number>
  /**
   * Replaces rules and options whole, for requests that arrive from now on; the old ones stay when it throws.
   * A listen address cannot change this way. @throws InputError; Error before `listen`
   */
  reload(options: ProxyOptions): Promise<void>
  /** What would be done with a host, `host:port` or URL, by the server's own stages; asks no DNS. @throws Error before `rules.files` were read */
  decide(request: { readonly target: string; readonly method?: string }): TargetDecision
  /** Hears of every event of a kind. Returns a function that unsubscribes. */
  on<E extends keyof ProxyEvents>(event: E, listener: (what: ProxyEvents[E]) => void): () => void
  /** Fetches lists of `rules.lists` now, all where no names are given. @throws {InputError} a name that is none of a list */
  updateLists(request?: UpdateRequest): Promise<readonly ListUpdate[]>
  /** The lists of `rules.lists`, in order. */
  readonly lists: readonly ListState[]
  /** URL of the first listener, with the port taken; empty before `listen`. */
  readonly address: string
  readonly addresses: readonly string[]
  /** URL of the admin listener, with the port taken; empty where there is none. */
  readonly adminAddress: string
  readonly rules: RuleSet
  /** Client connections open now. */
  readonly connections: number
  /** Of these, the ones with an exchange or tunnel under way. */
  readonly busyConnections: number
}

/** A configuration in force, with all that was compiled from it. */
type Snapshot = {
  readonly config: Config
  readonly policy: Policy
  readonly resolver: HostResolver
  readonly dial: Dial
}

/**
 * A forward proxy, not yet listening. The same options as the configuration
 * file, in parsed form.
 */
export function createProxy(options: ProxyOptions = {}): Proxy {
  const config = mergeSettings(withoutExtras(options))
  const logger = options.logger
  const counts = options.counts ?? createCounts()
  const connections = new Set<ClientConnection>()
  const clients = createClientCounts()
  const pool = createOriginPool()
  const deadlines = createDeadlines(tickFor(timeoutsOf(config)), () => performance.now())
  const subscribers: Subscribers = { exchange: new Set(), rules: new Set() }
  const dials = new WeakMap<Policy, Dial>()
  const resolvers = new Set<HostResolver>()
  const idPrefix = randomBytes(4).toString('hex')
  let exchanges = 0
  const tunnels = createClientCounts()
  const descriptors = createDescriptors({
    limit: readDescriptorLimit(),
    base: countDescriptors(),
    onShort: (used, limit) =>
      logger?.warn(
        `${used} of ${limit} descriptors are in use: no more clients are let in until some close; raise the limit (LimitNOFILE=, ulimit -n)`,
      ),
  })
  let listeners: readonly Listener[] = []
  let admin: AdminServer | undefined
  let isDraining = false
  let snapshot = takeSnapshot(config, options.ruleSet ?? compileRules([], defaultOf(config)))
  let heads = createHeads(config)
  const lists = createSubscriptions({
    rules: () => snapshot.policy.rules,
    swap(ruleSet) {
      putInForce(snapshot.config, ruleSet)
      for (const subscriber of subscribers.rules) subscriber(ruleSet)
    },
    fetch: createListFetcher(() => snapshot),
    logger: logger ?? { warn() {}, info() {}, debug() {} },
    clock: SYSTEM_CLOCK,
    chance: Math.random,
  })

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
    pool,
    tunnels,
    policy: () => snapshot.policy,
    dial: (policy, request, done) => (dials.get(policy) ?? snapshot.dial)(request, done),
    nextId: () => `${idPrefix}-${(exchanges++).toString(36)}`,
    wallClock: Date.now,
    isDraining: () => isDraining,
    isRecording: () => exchangeSettled.hasSubscribers || subscribers.exchange.size > 0,
    record(record) {
      if (exchangeSettled.hasSubscribers) exchangeSettled.publish(record)
      for (const subscriber of subscribers.exchange) subscriber(record)
    },
    reportFault: (error) => logger?.error(`fault in an exchange: ${error instanceof Error ? error.stack : error}`),
  }

  function takeSnapshot(next: Config, ruleSet: RuleSet): Snapshot {
    const policy = compilePolicy(next, ruleSet, { listening: listening(next), localAddresses: localAddresses() })
    const resolver = createResolver({
      ...next.egress.dns,
      now: () => performance.now(),
      counts,
      maxQueries: next.limits.dnsQueries,
    })
    resolvers.add(resolver)
    const dial = createDialer({
      resolver,
      guard: policy.guard,
      isOwn: policy.isOwn,
      limits: next.limits,
      descriptors,
      now: () => performance.now(),
      counts,
    })
    dials.set(policy, dial)
    return { config: next, policy, resolver, dial }
  }

  function retire({ resolver }: Snapshot): void {
    resolvers.delete(resolver)
    resolver.close()
  }

  /** For requests from now on, while some are under way. */
  function putInForce(next: Config, ruleSet: RuleSet): void {
    const before = snapshot
    snapshot = takeSnapshot(next, ruleSet)
    pool.clear()
    // exchanges that were decided before still dial by it: it ends when their time is up
    setTimeout(() => retire(before), before.config.limits.connectTimeoutMs).unref()
  }

  /** Puts the options and rules in force that came with the proxy. */
  function replaceSnapshot(ruleSet: RuleSet): void {
    const before = snapshot
    snapshot = takeSnapshot(config, ruleSet)
    retire(before)
  }

  function places(): readonly BindPlace[] {
    const { inherited = [] } = options
    if (inherited.length > 0) return inherited.map((fd) => ({ fd }))
    return config.listen.map((url) => {
      const { address: host, port } = toListenAddress(url)
      return { host, port }
    })
  }

  /** Before there are clients: who looks sees the start too. */
  async function openAdmin(): Promise<AdminServer | undefined> {
    const { listen: url, hosts } = config.admin
    if (url === '') return undefined
    const { openAdminServer } = await import('./admin/server.js')
    const { address: host, port } = toListenAddress(url)
    if (!isLoopbackListener(url))
      logger?.warn(`other machines reach the admin listener ${url}: it tells how the proxy is used`)
    return openAdminServer({
      host,
      port,
      hosts,
      unready: () => (isDraining ? 'draining' : listeners.length === 0 ? 'starting' : undefined),
      sources: {
        counts,
        version: readVersion(),
        connections: () => connections.size,
        tunnels: () => tunnels.total,
        sockets: () => descriptors.sockets,
        descriptors: () => {
          const open = countDescriptors()
          return open === 0 ? undefined : { open, limit: descriptors.limit }
        },
        idleOrigins: () => pool.size,
        rules: () => snapshot.policy.rules.size,
        lists: () => lists.states(),
      },
    })
  }

  /** The addresses bound, or before that those that will be. */
  function listening(next: Config): readonly ListenAddress[] {
    const serving = listeners.length > 0 ? listeners : next.listen.map(toListenAddress)
    return admin === undefined ? serving : [...serving, admin]
  }

  return {
    get address() {
      return listeners[0]?.url ?? ''
    },
    get addresses() {
      return listeners.map(({ url }) => url)
    },
    get adminAddress() {
      return admin?.url ?? ''
    },
    get rules() {
      return snapshot.policy.rules
    },
    get lists() {
      return lists.states()
    },
    get connections() {
      return connections.size
    },
    get busyConnections() {
      let busy = 0
      for (const { isIdle } of connections) if (!isIdle) busy++
      return busy
    },

    async listen() {
      refuseOpenProxy(config)
      admin = await openAdmin()
      const started: Listener[] = []
      try {
        // the first listener may have clients before the last one is bound
        await lists.adopt(config, options.ruleSet ?? (await loadRulesOf(config)), replaceSnapshot)
        for (const place of places()) {
          const position = started.length + 1
          started.push(await startListener({ context, position, place, connections, clients }))
        }
        // sockets that somebody else has bound may be open to others
        refuseOpenProxy({ ...config, listen: started.map(({ url }) => url) })
      } catch (error) {
        const closed = started.map((listener) => listener.close())
        for (const connection of connections) connection.close()
        await Promise.all([...closed, admin?.close()])
        throw error
      }
      listeners = started
      // only now the ports are known that must not be dialled
      replaceSnapshot(snapshot.policy.rules)
      lists.start()
      counts.reloadedAt = Date.now()
    },

    async close({ drainMs = 5_000 } = {}) {
      isDraining = true
      const closed = listeners.map((listener) => listener.close())
      const listsClosed = lists.close()
      const cut = await drain(connections, drainMs)
      await Promise.all([...closed, listsClosed])
      pool.clear()
      for (const resolver of resolvers) resolver.close()
      await admin?.close()
      return cut
    },

    async reload(next) {
      if (listeners.length === 0) throw new Error('reload() needs a proxy that listens')
      const nextConfig = mergeSettings(withoutExtras(next))
      const before = snapshot
      try {
        const ruleSet = next.ruleSet ?? (await loadRulesOf(nextConfig, snapshot.policy.rules))
        await lists.adopt(nextConfig, ruleSet, (whole) => {
          putInForce(nextConfig, whole)
          heads = createHeads(nextConfig)
        })
      } catch (error) {
        counts.isReloaded = false
        throw error
      }
      counts.isReloaded = true
      counts.reloadedAt = Date.now()
      if (nextConfig.listen.join() !== before.config.listen.join()) {
        logger?.warn('the listen addresses changed: they take effect at the next start')
      }
      if (JSON.stringify(nextConfig.admin) !== JSON.stringify(before.config.admin)) {
        logger?.warn('the admin listener changed: it takes effect at the next start')
      }
    },

    updateLists: (request = {}) => lists.update(request),

    decide({ target, method }) {
      const isUnread = options.ruleSet === undefined && config.rules.files.length > 0 && listeners.length === 0
      if (isUnread) throw new Error('rules.files are read by listen(): ask after it, or give a ruleSet')
      return decideTarget(snapshot.policy, target, method)
    },

    on(event, listener) {
      const heard = subscribers[event]
      heard.add(listener)
      return () => {
        heard.delete(listener)
      }
    },
  }
}

function createHeads({ limits }: Config) {
  return { request: createRequestHead(limits), response: createResponseHead(limits) }
}

function loadRulesOf({ rules }: Config, previous?: RuleSet): Promise<RuleSet> {
  return loadRules({ files: rules.files, scope: rules.scope, default: rules.default, previous, key: randomPrintKey() })
}

function defaultOf({ rules }: Config) {
  return rules.default === undefined ? {} : { default: rules.default }
}

function localAddresses(): string[] {
  return Object.values(networkInterfaces()).flatMap((entries) => (entries ?? []).map(({ address }) => address))
}

function timeoutsOf({ limits }: Config): number[] {
  const { headTimeoutMs, bodyTimeoutMs, responseTimeoutMs, idleTimeoutMs, tunnelIdleTimeoutMs, connectionLifetimeMs } =
    limits
  return [headTimeoutMs, bodyTimeoutMs, responseTimeoutMs, idleTimeoutMs, tunnelIdleTimeoutMs, connectionLifetimeMs]
}

function withoutExtras({
  ruleSet: _ruleSet,
  logger: _logger,
  counts: _counts,
  inherited: _inherited,
  ...settings
}: ProxyOptions): Settings {
  return settings
}
