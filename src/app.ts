import { isIPv6 } from 'node:net'
import type { AdminServer } from './admin/server.js'
import type { AccessRecord } from './channels.js'
import { compileRules, randomPrintKey } from './compile-rules.js'
import type { Config } from './config/config.js'
import { isLoopbackListener, toListenAddress } from './config/listen-url.js'
import { loadRules } from './config/load-rules.js'
import { refuseLostRoutes, refuseUnsafeRouting } from './config/routing.js'
import { mergeSettings, refuseOpenProxy, type Settings } from './config/settings.js'
import { readVersion } from './config/version.js'
import { type Counts, createCounts } from './counts.js'
import { InputError } from './errors.js'
import { parseAuthority } from './http/authority.js'
import { identitySiteOf } from './http/site.js'
import { loadListFetching, loadUpstreamReport } from './load-ahead.js'
import type { Measures } from './measures.js'
import { decideTarget, type TargetDecision } from './pipeline/decide-target.js'
import { isolationsOf } from './policy/isolation.js'
import type { RuleSet } from './rules/rule.js'
import { createServing } from './serving.js'
import { SYSTEM_CLOCK } from './subscriptions/clock.js'
import { createListFetcher } from './subscriptions/list-fetcher.js'
import type { ListState, ListUpdate } from './subscriptions/list-state.js'
import { createSubscriptions, type UpdateRequest } from './subscriptions/subscriptions.js'
import type { Generations } from './upstream/identities.js'
import type { UpstreamState } from './upstream/upstream-report.js'

export type { TargetDecision } from './pipeline/decide-target.js'
export type { ListState, ListUpdate } from './subscriptions/list-state.js'
export type { Generations } from './upstream/identities.js'
export type { UpstreamState } from './upstream/upstream-report.js'

/** What people read about the proxy itself; winston's logger fits, so does `console`. */
export type ProxyLogger = { readonly [level in 'error' | 'warn' | 'info' | 'debug']: (message: string) => unknown }

/** Any part of the configuration, in parsed form (milliseconds, port ranges), and the rules. */
export type ProxyOptions = Omit<Settings, 'workers'> & {
  /** Compiled rules; without it `rules.files` are read when the proxy starts or reloads. `rules.lists` are added to either. */
  readonly ruleSet?: RuleSet
  readonly logger?: ProxyLogger
  /** What it counts, for a program that adds to it or reads it; without it the proxy has its own. */
  readonly counts?: Counts
  /** Descriptors of listening TCP sockets, used instead of binding `listen`. */
  readonly inherited?: readonly number[]
}

export type RenewedIdentity = {
  /** The site that leaves with a new identity; null: all do. */
  readonly site: string | null
  /** Grows with each renewal. */
  readonly generation: number
}

export type ProxyEvents = {
  /** An exchange has ended. */
  readonly exchange: AccessRecord
  /** A list of `rules.lists` brought these rules into force. */
  readonly rules: RuleSet
}

type Subscribers = { readonly [E in keyof ProxyEvents]: Set<(what: ProxyEvents[E]) => void> }

export type Proxy = {
  /** Starts to accept. @throws CannotRunError (port taken, permission, engine), InputError (rules, open to others unasked) */
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
  /** How the configured upstreams and groups stand, in order. */
  upstreams(): Promise<readonly UpstreamState[]>
  /**
   * New identities where `isolate` keeps them apart: for the site of a host, or for all. Connections that are kept for
   * another request are closed; those under way end as they would, and serve no other one.
   * @throws {InputError} no host; {Error} nothing is isolated
   */
  newIdentity(request?: { readonly site?: string | undefined }): Promise<RenewedIdentity>
  /** The lists of `rules.lists`, in order. */
  readonly lists: readonly ListState[]
  /** URL of the first listener, with the port taken; empty before `listen`. */
  readonly address: string
  readonly addresses: readonly string[]
  /** The data plane of the listeners, `js` before `listen`. */
  readonly engine: 'native' | 'js'
  /** URL of the admin listener, with the port taken; empty where there is none. */
  readonly adminAddress: string
  readonly rules: RuleSet
  /** Client connections of this process that are open now. */
  readonly connections: number
  /** Of these, the ones with an exchange or tunnel under way. */
  readonly busyConnections: number
}

/** Worker processes that serve the clients in the place of this one. */
export type Fleet = {
  /** Resolves with the URLs of the listeners once all workers accept. @throws CannotRunError */
  listen(config: Config, ruleSet: RuleSet): Promise<readonly string[]>
  /** Has all workers compile what shall be in force next. @throws {Error} one of them cannot; then nothing has changed */
  prepare(config: Config, ruleSet: RuleSet): Promise<FleetChange>
  /** What each worker tells of itself; of those that have ended, their counts. */
  measure(): Promise<readonly Measures[]>
  close(drainMs: number): Promise<number>
  /** The data plane of the workers, `js` before `listen`. */
  readonly engine: 'native' | 'js'
  /** How each worker finds the upstreams; those that do not answer are left out. */
  upstreamStates(): Promise<readonly (readonly UpstreamState[])[]>
  /** Has all workers take up which identities are in force; resolves when they have. */
  adoptGenerations(generations: Generations): Promise<void>
}

export type FleetChange = {
  /** Resolves when all workers answer by it. Never fails: a worker that cannot is replaced by one that does. */
  commit(): Promise<void>
}

/**
 * A forward proxy, not yet listening. The same options as the configuration
 * file, in parsed form.
 */
export function createProxy(options: ProxyOptions = {}): Proxy {
  return createProxyWith(options, undefined)
}

/**
 * The same with worker processes, where a fleet is given: this process then serves no client.
 *
 * Half of this file is the types of the library; the rest is one object whose methods share what is in force.
 */
export function createProxyWith(options: ProxyOptions, fleet: Fleet | undefined): Proxy {
  const config = mergeSettings(withoutExtras(options))
  refuseUnsafeRouting(config)
  const logger = options.logger
  const subscribers: Subscribers = { exchange: new Set(), rules: new Set() }
  const counts = options.counts ?? createCounts()
  let addresses: readonly string[] = []
  let admin: AdminServer | undefined
  let isDraining = false
  const serving = createServing({
    config,
    ruleSet: options.ruleSet ?? compileRules([], defaultOf(config)),
    isHeard: () => subscribers.exchange.size > 0,
    onExchange(record) {
      for (const subscriber of subscribers.exchange) subscriber(record)
    },
    onFault: (error) => logger?.error(`fault in an exchange: ${error instanceof Error ? error.stack : error}`),
    onWarning: (message) => logger?.warn(message),
    onNotice: (message) => logger?.info(message),
    counts,
    inherited: options.inherited ?? [],
    alsoOwn: () => (admin === undefined ? [] : [admin]),
  })
  const served = fleet ?? serving
  const rules = (): RuleSet => serving.snapshot.policy.rules
  const lists = createSubscriptions({
    rules,
    async swap(ruleSet) {
      await putInForce(serving.snapshot.config, ruleSet)
      for (const subscriber of subscribers.rules) subscriber(ruleSet)
    },
    fetch: createListFetcher(() => serving.snapshot),
    logger: logger ?? { warn() {}, info() {}, debug() {} },
    clock: SYSTEM_CLOCK,
    chance: Math.random,
  })

  /** In two steps, so that no two workers answer by different rules for longer than a message takes. */
  async function putInForce(next: Config, ruleSet: RuleSet): Promise<void> {
    const own = serving.prepare(next, ruleSet)
    const workers = await fleet?.prepare(withAdmin(next), ruleSet).catch((error) => {
      own.abandon()
      throw error
    })
    own.commit()
    await workers?.commit()
  }

  /** With the port that the admin listener has taken: workers do not know of it otherwise. */
  function withAdmin(next: Config): Config {
    return admin === undefined ? next : { ...next, admin: { ...next.admin, listen: admin.url } }
  }

  async function loadAhead(next: Config): Promise<void> {
    await Promise.all([loadUpstreamReport(next), loadListFetching(next)])
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
      unready: () => (isDraining ? 'draining' : addresses.length === 0 ? 'starting' : undefined),
      sources: {
        version: readVersion(),
        engine: () => serving.engine,
        measure: async () => [serving.measure(), ...((await fleet?.measure()) ?? [])],
        rules: () => rules().size,
        lists: () => lists.states(),
        upstreams: () => serving.snapshot.config.upstreams,
      },
    })
  }

  return {
    get address() {
      return addresses[0] ?? ''
    },
    get addresses() {
      return addresses
    },
    get engine() {
      return served.engine
    },
    get adminAddress() {
      return admin?.url ?? ''
    },
    get rules() {
      return rules()
    },
    get lists() {
      return lists.states()
    },
    get connections() {
      return serving.connections
    },
    get busyConnections() {
      return serving.busyConnections
    },

    async listen() {
      refuseOpenProxy(config)
      admin = await openAdmin()
      try {
        await loadAhead(config)
        // the first listener may have clients before the last one is bound
        await lists.adopt(config, options.ruleSet ?? (await loadRulesOf(config)), serving.replaceRules)
        if (fleet === undefined) {
          await serving.listen()
          addresses = serving.addresses
        } else {
          addresses = await fleet.listen(withAdmin(config), rules())
          serving.noteListening(addresses)
        }
      } catch (error) {
        await admin?.close()
        throw error
      }
      lists.start()
      counts.reloadedAt = Date.now()
    },

    async close({ drainMs = 5_000 } = {}) {
      isDraining = true
      const listsClosed = lists.close()
      const cut = await served.close(drainMs)
      if (fleet !== undefined) await serving.close(0)
      await listsClosed
      await admin?.close()
      return cut
    },

    async reload(next) {
      if (addresses.length === 0) throw new Error('reload() needs a proxy that listens')
      const nextConfig = mergeSettings(withoutExtras(next))
      refuseUnsafeRouting(nextConfig)
      const before = serving.snapshot
      refuseLostRoutes(before.config, nextConfig)
      try {
        const ruleSet = next.ruleSet ?? (await loadRulesOf(nextConfig, rules()))
        await loadAhead(nextConfig)
        await lists.adopt(nextConfig, ruleSet, (whole) => putInForce(nextConfig, whole))
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

    async upstreams() {
      const states = await serving.upstreamStates()
      if (fleet === undefined || states.length === 0) return states
      const { mergeStates } = await import('./upstream/upstream-report.js')
      return mergeStates([states, ...(await fleet.upstreamStates())])
    },

    async newIdentity({ site: host } = {}) {
      const site = host === undefined ? undefined : toIdentitySite(host)
      if (isolationsOf(serving.snapshot.config).length === 0) {
        throw new Error('nothing is isolated, so there are no identities; write isolate: site on an upstream')
      }
      const generation = serving.renewIdentities(site)
      await fleet?.adoptGenerations(serving.generations)
      return { site: site ?? null, generation }
    },

    updateLists: (request = {}) => lists.update(request),

    decide({ target, method }) {
      const isUnread = options.ruleSet === undefined && config.rules.files.length > 0 && addresses.length === 0
      if (isUnread) throw new Error('rules.files are read by listen(): ask after it, or give a ruleSet')
      return decideTarget(serving.snapshot.policy, target, method)
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

function toIdentitySite(host: string): string {
  const authority = parseAuthority(isIPv6(host) ? `[${host}]` : host, 80)
  if (authority !== undefined) return identitySiteOf(authority)
  const fix = 'write a host such as example.com, or an address'
  throw new InputError([{ file: host, line: 0, column: 0, message: 'not a host', fix }])
}

function loadRulesOf({ rules }: Config, previous?: RuleSet): Promise<RuleSet> {
  return loadRules({ files: rules.files, scope: rules.scope, default: rules.default, previous, key: randomPrintKey() })
}

function defaultOf({ rules }: Config) {
  return rules.default === undefined ? {} : { default: rules.default }
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
