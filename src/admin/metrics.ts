import { Counter, Gauge, type Metric, Registry } from 'prom-client'
import {
  type Counts,
  createCounts,
  DECISIONS,
  DURATION_BOUNDS_MS,
  type Durations,
  METHOD_CLASSES,
  type RequestCounts,
  requestPlace,
  STATUS_PLACES,
} from '../counts.js'
import { type Measures, sumOf } from '../measures.js'
import { isGroup, type UpstreamSettings } from '../policy/upstream-settings.js'

/** What is asked for when somebody looks. */
export type MetricSources = {
  readonly version: string
  /** The data plane of the listeners. */
  readonly engine: () => 'native' | 'js'
  /** What each process that serves clients tells of itself, this one first. */
  readonly measure: () => Promise<readonly Measures[]>
  /** Rules in force. */
  readonly rules: () => number
  readonly lists: () => readonly {
    readonly name: string
    readonly entries: number
    readonly checkedAt: string | null
  }[]
  readonly upstreams: () => UpstreamsByName
}

type UpstreamsByName = Readonly<Record<string, UpstreamSettings>>

export type Metrics = {
  readonly contentType: string
  /** Everything in the text format of Prometheus. */
  text(): Promise<string>
}

type Labels = Readonly<Record<string, string>>
type Sample = readonly [labels: Labels, value: number]

/** Which statuses have a name of their own (RFC 9110 §15 and its registry); an origin may send any number. */
const KNOWN_STATUSES: ReadonlySet<number> = new Set(
  '200 201 202 203 204 205 206 207 208 226 101 300 301 302 303 304 305 307 308 400 401 402 403 404 405 406 407 408 409 410 411 412 413 414 415 416 417 421 422 423 424 425 426 428 429 431 451 500 501 502 503 504 505 506 507 508 511'
    .split(' ')
    .map(Number),
)

/** The metrics of a proxy. No label holds a host or an address, and each takes few values. */
export function createMetrics(sources: MetricSources): Metrics {
  const registry = new Registry()
  /** As told last: everything below is read from it. */
  let told: readonly Measures[] = []
  let counts = createCounts()

  function counter(name: string, help: string, labelNames: readonly string[], read: () => Iterable<Sample>): void {
    new Counter({
      name: `veilgate_${name}`,
      help,
      labelNames,
      registers: [registry],
      collect() {
        this.reset()
        for (const [labels, value] of read()) this.inc(labels, value)
      },
    })
  }

  function gauge(name: string, help: string, labelNames: readonly string[], read: () => Iterable<Sample>): void {
    new Gauge({
      name,
      help,
      labelNames,
      registers: [registry],
      collect() {
        this.reset()
        const samples = [...read()]
        // without labels a reset leaves a 0, which says more than is known
        if (samples.length === 0) this.remove({})
        for (const [labels, value] of samples) this.set(labels, value)
      },
    })
  }

  gauge('veilgate_build_info', 'The version that runs', ['version', 'engine', 'node'], () => [
    [{ version: sources.version, engine: sources.engine(), node: process.versions.node }, 1],
  ])
  counter(
    'requests_total',
    'Exchanges that have ended, tunnels too; code 0: the client left before an answer',
    ['listener', 'method_class', 'decision', 'code'],
    () => requestSamples(counts.requests),
  )
  counter('decisions_total', 'Decisions about targets, by the list whose rule decided', ['level', 'list'], () =>
    decisionSamples(counts),
  )
  counter('errors_total', 'Exchanges that ended with an error, by its code', ['error'], () =>
    named('error', counts.errors),
  )
  counter('ratelimited_total', 'How often a limit was met', ['limit'], () => named('limit', counts.limits))
  counter('bytes_total', 'Octets between clients and the proxy', ['direction'], () => [
    [{ direction: 'from_client' }, counts.bytesFromClient],
    [{ direction: 'to_client' }, counts.bytesToClient],
  ])
  counter('ssrf_denied_total', 'Targets that the egress guard refused, by the class of their address', ['class'], () =>
    named('class', Object.fromEntries(counts.guardRefusals)),
  )
  counter('dns_errors_total', 'Names that were asked for and did not resolve', ['rcode'], () =>
    named('rcode', Object.fromEntries(counts.dnsErrors)),
  )
  counter('log_lines_lost_total', 'Lines that never reached the access log', [], () => [[{}, counts.logLinesLost]])

  gauge('veilgate_connections_active', 'Client connections open', [], () => [[{}, total(told, 'connections')]])
  gauge('veilgate_tunnels_active', 'Tunnels open or being opened', [], () => [[{}, total(told, 'tunnels')]])
  gauge(
    'veilgate_sockets_open',
    'Sockets of clients and origins; of the engine native its listeners and pipes too',
    [],
    () => [[{}, total(told, 'sockets')]],
  )
  gauge('veilgate_origin_connections_idle', 'Connections to origins that wait for a request', [], () => [
    [{}, total(told, 'idleOrigins')],
  ])
  gauge('veilgate_rules', 'Rules in force', [], () => [[{}, sources.rules()]])
  gauge('veilgate_list_entries', 'Rules in force of a subscribed list', ['list'], () =>
    sources.lists().map(({ name, entries }): Sample => [{ list: name }, entries]),
  )
  gauge(
    'veilgate_list_last_success_timestamp_seconds',
    'When the copy of a subscribed list was last known to be what is published',
    ['list'],
    () =>
      sources
        .lists()
        .flatMap(({ name, checkedAt }): Sample[] =>
          checkedAt === null ? [] : [[{ list: name }, Date.parse(checkedAt) / 1_000]],
        ),
  )
  gauge(
    'veilgate_config_last_reload_successful',
    '0 when the last reload was refused and the old rules stay',
    [],
    () => [[{}, counts.isReloaded ? 1 : 0]],
  )
  gauge('veilgate_config_last_reload_success_timestamp_seconds', 'When the configuration in force was read', [], () => [
    [{}, counts.reloadedAt / 1_000],
  ])
  gauge(
    'veilgate_upstream_up',
    '0 when it did not work last time; a group: when none of its members did',
    ['route', 'node'],
    () => upstreamSamples(sources.upstreams(), told),
  )
  gauge('veilgate_eventloop_lag_seconds', 'How late the event loop was since it was last asked', ['quantile'], () =>
    lagSamples(told),
  )

  gauge('process_resident_memory_bytes', 'Resident memory', [], () => [[{}, total(told, 'memoryBytes')]])
  gauge('process_start_time_seconds', 'When the process started', [], () => [
    [{}, Math.round(Date.now() / 1_000 - process.uptime())],
  ])
  gauge('process_open_fds', 'Descriptors open', [], () => positive(total(told, 'descriptors')))
  gauge('process_max_fds', 'Descriptors that may be open', [], () => positive(total(told, 'descriptorLimit')))
  gauge('process_cpu_seconds_total', 'CPU time used', [], () => [[{}, total(told, 'cpuSeconds')]])

  addHistogram(registry, 'request_duration_seconds', 'From the head of a request to the end of its answer', () => [
    [{}, counts.requestMs],
  ])
  addHistogram(registry, 'connect_duration_seconds', 'To connect to an origin, directly or through an upstream', () =>
    [...counts.connectMs].map(([route, durations]) => [{ route }, durations]),
  )
  addHistogram(registry, 'dns_duration_seconds', 'To resolve a name that was not known', () => [[{}, counts.dnsMs]])

  return {
    contentType: registry.contentType,
    async text() {
      told = await sources.measure()
      counts = sumOf(told.map((measures) => measures.counts))
      return registry.metrics()
    },
  }
}

/** prom-client's own histogram can only be fed observation by observation; ours has been counted already. */
function addHistogram(
  registry: Registry,
  name: string,
  help: string,
  read: () => readonly (readonly [Labels, Durations])[],
): void {
  const fullName = `veilgate_${name}`
  const histogram = {
    name: fullName,
    help,
    async get() {
      const values = read().flatMap(([labels, durations]) => histogramSamples(fullName, labels, durations))
      return { name: fullName, help, type: 'histogram', aggregator: 'sum', values }
    },
  }
  registry.registerMetric(histogram as unknown as Metric)
}

function histogramSamples(name: string, labels: Labels, durations: Durations) {
  let count = 0
  const buckets = durations.buckets.map((inBucket, i) => {
    count += inBucket
    const bound = DURATION_BOUNDS_MS[i]
    const le = bound === undefined ? '+Inf' : String(bound / 1_000)
    return { metricName: `${name}_bucket`, labels: { ...labels, le }, value: count }
  })
  return [
    ...buckets,
    { metricName: `${name}_sum`, labels, value: durations.sumMs / 1_000 },
    { metricName: `${name}_count`, labels, value: count },
  ]
}

function* requestSamples(requests: ReadonlyMap<string, RequestCounts>): Iterable<Sample> {
  for (const [listener, places] of requests) {
    for (const [m, methodClass] of METHOD_CLASSES.entries()) {
      for (const [d, decision] of DECISIONS.entries()) {
        for (let status = 0; status < STATUS_PLACES; status++) {
          const value = places[requestPlace(m, d, status)] ?? 0
          if (value > 0) yield [{ listener, method_class: methodClass, decision, code: codeOf(status) }, value]
        }
      }
    }
  }
}

function codeOf(status: number): string {
  return status < 100 || KNOWN_STATUSES.has(status) ? String(status) : `${Math.floor(status / 100)}xx`
}

function* decisionSamples({ byDefault, byRule }: Counts): Iterable<Sample> {
  yield [{ level: 'default', list: '' }, byDefault]
  for (const [list, levels] of byRule) for (const [level, value] of levels) yield [{ level, list }, value]
}

function named(label: string, values: Readonly<Record<string, number>>): readonly Sample[] {
  return Object.entries(values).map(([name, value]) => [{ [label]: name }, value])
}

type Summed = { readonly [K in keyof Measures]: Measures[K] extends number ? K : never }[keyof Measures]

function total(told: readonly Measures[], what: Summed): number {
  return told.reduce((sum, measures) => sum + measures[what], 0)
}

/** Nothing where the system does not tell. */
function positive(value: number): readonly Sample[] {
  return value > 0 ? [[{}, value]] : []
}

/** Each upstream as a route of its own, and each member of each group: as many as the configuration has names. */
function upstreamSamples(upstreams: UpstreamsByName, told: readonly Measures[]): readonly Sample[] {
  const down = new Set(told.flatMap((measures) => measures.downUpstreams))
  const known = new Map<string, boolean>()

  // asked once a name: groups within groups have many ways to one upstream
  function isUp(name: string): boolean {
    const before = known.get(name)
    if (before !== undefined) return before
    const settings = upstreams[name]
    const isUpNow = settings !== undefined && isGroup(settings) ? settings.members.some(isUp) : !down.has(name)
    known.set(name, isUpNow)
    return isUpNow
  }

  return Object.entries(upstreams).flatMap(([route, settings]) =>
    (isGroup(settings) ? settings.members : [route]).map((node): Sample => [{ route, node }, isUp(node) ? 1 : 0]),
  )
}

/** Of several processes the one that is latest: its clients wait. */
function lagSamples(told: readonly Measures[]): readonly Sample[] {
  const worst = new Map<string, number>()
  for (const { lag } of told) {
    for (const [quantile, seconds] of lag) worst.set(quantile, Math.max(seconds, worst.get(quantile) ?? 0))
  }
  return [...worst].map(([quantile, seconds]) => [{ quantile }, seconds])
}
