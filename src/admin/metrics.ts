import { type IntervalHistogram, monitorEventLoopDelay } from 'node:perf_hooks'
import { Counter, Gauge, type Metric, Registry } from 'prom-client'
import {
  type Counts,
  DECISIONS,
  DURATION_BOUNDS_MS,
  type Durations,
  METHOD_CLASSES,
  type RequestCounts,
  requestPlace,
  STATUS_PLACES,
} from '../counts.js'

/** What is counted, and what is asked for when somebody looks. */
export type MetricSources = {
  readonly counts: Counts
  readonly version: string
  /** Client connections open now. */
  readonly connections: () => number
  readonly tunnels: () => number
  /** Sockets of clients and origins, attempts to connect among them. */
  readonly sockets: () => number
  /** Connections to origins that wait for a request. */
  readonly idleOrigins: () => number
  /** Descriptors open and allowed; undefined where the system does not tell. */
  readonly descriptors: () => { readonly open: number; readonly limit: number | undefined } | undefined
  /** Rules in force. */
  readonly rules: () => number
  readonly lists: () => readonly {
    readonly name: string
    readonly entries: number
    readonly checkedAt: string | null
  }[]
}

export type Metrics = {
  readonly contentType: string
  /** Everything in the text format of Prometheus. */
  text(): Promise<string>
  close(): void
}

type Labels = Readonly<Record<string, string>>
type Sample = readonly [labels: Labels, value: number]

/** How often the event loop is asked whether it is late: 20 ms see what a client feels, and cost 50 wake-ups a second. */
const LAG_RESOLUTION_MS = 20

/** Which statuses have a name of their own (RFC 9110 §15 and its registry); an origin may send any number. */
const KNOWN_STATUSES: ReadonlySet<number> = new Set(
  '200 201 202 203 204 205 206 207 208 226 101 300 301 302 303 304 305 307 308 400 401 402 403 404 405 406 407 408 409 410 411 412 413 414 415 416 417 421 422 423 424 425 426 428 429 431 451 500 501 502 503 504 505 506 507 508 511'
    .split(' ')
    .map(Number),
)

/** The metrics of a proxy. No label holds a host or an address, and each takes few values. */
export function createMetrics(sources: MetricSources): Metrics {
  const { counts } = sources
  const registry = new Registry()
  const lag = monitorEventLoopDelay({ resolution: LAG_RESOLUTION_MS })
  lag.enable()

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
        for (const [labels, value] of read()) this.set(labels, value)
      },
    })
  }

  const { limits, errors } = counts
  gauge('veilgate_build_info', 'The version that runs', ['version', 'engine', 'node'], () => [
    [{ version: sources.version, engine: 'js', node: process.versions.node }, 1],
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
  counter('errors_total', 'Exchanges that ended with an error, by its code', ['error'], () => named('error', errors))
  counter('ratelimited_total', 'How often a limit was met', ['limit'], () => named('limit', limits))
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

  gauge('veilgate_connections_active', 'Client connections open', [], () => [[{}, sources.connections()]])
  gauge('veilgate_tunnels_active', 'Tunnels open or being opened', [], () => [[{}, sources.tunnels()]])
  gauge('veilgate_sockets_open', 'Sockets of clients and origins', [], () => [[{}, sources.sockets()]])
  gauge('veilgate_origin_connections_idle', 'Connections to origins that wait for a request', [], () => [
    [{}, sources.idleOrigins()],
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
  gauge('veilgate_eventloop_lag_seconds', 'How late the event loop was since it was last asked', ['quantile'], () =>
    lagSamples(lag),
  )

  gauge('process_resident_memory_bytes', 'Resident memory', [], () => [[{}, process.memoryUsage.rss()]])
  gauge('process_start_time_seconds', 'When the process started', [], () => [
    [{}, Math.round(Date.now() / 1_000 - process.uptime())],
  ])
  gauge('process_open_fds', 'Descriptors open', [], () => {
    const { open } = sources.descriptors() ?? {}
    return open === undefined ? [] : [[{}, open]]
  })
  gauge('process_max_fds', 'Descriptors that may be open', [], () => {
    const { limit } = sources.descriptors() ?? {}
    return limit === undefined ? [] : [[{}, limit]]
  })
  gauge('process_cpu_seconds_total', 'CPU time used', [], () => {
    const { user, system } = process.cpuUsage()
    return [[{}, (user + system) / 1_000_000]]
  })

  addHistogram(
    registry,
    'request_duration_seconds',
    'From the head of a request to the end of its answer',
    {},
    counts.requestMs,
  )
  addHistogram(registry, 'connect_duration_seconds', 'To connect to an origin', { route: 'direct' }, counts.connectMs)
  addHistogram(registry, 'dns_duration_seconds', 'To resolve a name that was not known', {}, counts.dnsMs)

  return {
    contentType: registry.contentType,
    text: () => registry.metrics(),
    close() {
      lag.disable()
    },
  }
}

/** prom-client's own histogram can only be fed observation by observation; ours has been counted already. */
function addHistogram(registry: Registry, name: string, help: string, labels: Labels, durations: Durations): void {
  const fullName = `veilgate_${name}`
  const histogram = {
    name: fullName,
    help,
    async get() {
      let count = 0
      const buckets = durations.buckets.map((inBucket, i) => {
        count += inBucket
        const bound = DURATION_BOUNDS_MS[i]
        const le = bound === undefined ? '+Inf' : String(bound / 1_000)
        return { metricName: `${fullName}_bucket`, labels: { ...labels, le }, value: count }
      })
      return {
        name: fullName,
        help,
        type: 'histogram',
        aggregator: 'sum',
        values: [
          ...buckets,
          { metricName: `${fullName}_sum`, labels, value: durations.sumMs / 1_000 },
          { metricName: `${fullName}_count`, labels, value: count },
        ],
      }
    },
  }
  registry.registerMetric(histogram as unknown as Metric)
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

/** Nanoseconds become seconds; the resolution is what an idle loop takes between two looks. */
function lagSamples(lag: IntervalHistogram): readonly Sample[] {
  if (lag.count === 0) return []
  const late = (ns: number): number => Math.max(0, ns / 1e9 - LAG_RESOLUTION_MS / 1e3)
  const samples: readonly Sample[] = [
    [{ quantile: '0.5' }, late(lag.percentile(50))],
    [{ quantile: '0.99' }, late(lag.percentile(99))],
    [{ quantile: '1' }, late(lag.max)],
  ]
  lag.reset()
  return samples
}
