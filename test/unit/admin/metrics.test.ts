import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { createMetrics } from '../../../src/admin/metrics.js'
import { countOne, createCounts, observe, requestCountsOf, requestPlace } from '../../../src/counts.js'
import { imageOf, type Measures } from '../../../src/measures.js'

const proxyAt = (url: string) => ({ hops: [url], tor: false })
const groupOf = (...members: string[]) => ({ group: 'first' as const, members, by: 'client' as const, lifetimeMs: 0 })
const UPSTREAMS = {
  near: proxyAt('http://user:secret@192.0.2.1:3128'),
  far: proxyAt('socks5h://far.example:1080'),
  out: groupOf('near', 'far'),
  all: groupOf('out', 'far'),
}

function setUp(more: readonly Partial<Measures>[] = []) {
  const counts = createCounts()
  const own = {
    connections: 5,
    tunnels: 2,
    sockets: 9,
    idleOrigins: 3,
    memoryBytes: 1_000,
    cpuSeconds: 1.5,
    descriptors: 40,
    descriptorLimit: 1_024,
    downUpstreams: [],
    lag: [['1', 0.25]] as const,
  }
  const metrics = createMetrics({
    version: '1.2.3',
    engine: () => 'native',
    measure: async () => [
      { ...own, counts: imageOf(counts) },
      ...more.map((other) => ({ ...own, counts: imageOf(counts), ...other })),
    ],
    rules: () => 353,
    lists: () => [
      { name: 'ads', entries: 12, checkedAt: '2026-11-28T00:00:00.000Z' },
      { name: 'new', entries: 0, checkedAt: null },
    ],
    upstreams: () => UPSTREAMS,
  })
  return { counts, metrics, lines: async () => (await metrics.text()).split('\n') }
}

test('what was counted is what is told, and told again', async () => {
  const { counts, lines } = setUp()
  requestCountsOf(counts, 'http-1')[requestPlace(0, 0, 200)] = 4
  requestCountsOf(counts, 'http-1')[requestPlace(2, 1, 403)] = 1
  countOne(counts.guardRefusals, 'private')
  counts.limits.perClient = 7
  counts.bytesToClient = 1_000
  counts.byRule.set('ads', new Map([['block', 3]]))
  for (const _time of [1, 2]) {
    expect(await lines()).toEqual(
      expect.arrayContaining([
        'veilgate_requests_total{listener="http-1",method_class="read",decision="allow",code="200"} 4',
        'veilgate_requests_total{listener="http-1",method_class="connect",decision="block",code="403"} 1',
        'veilgate_ssrf_denied_total{class="private"} 1',
        'veilgate_ratelimited_total{limit="perClient"} 7',
        'veilgate_bytes_total{direction="to_client"} 1000',
        'veilgate_decisions_total{level="block",list="ads"} 3',
        'veilgate_connections_active 5',
        'veilgate_tunnels_active 2',
        'veilgate_rules 353',
        'process_open_fds 40',
        'process_max_fds 1024',
        'veilgate_sockets_open 9',
        'veilgate_list_entries{list="ads"} 12',
        'veilgate_list_entries{list="new"} 0',
        'veilgate_list_last_success_timestamp_seconds{list="ads"} 1795824000',
        'veilgate_config_last_reload_successful 1',
      ]),
    )
  }
})

test('a histogram has cumulative buckets, a sum in seconds and a count', async () => {
  const { counts, lines } = setUp()
  for (const ms of [1, 7, 7, 100_000]) observe(counts.requestMs, ms)
  const told = (await lines()).filter((line) => line.startsWith('veilgate_request_duration_seconds'))
  expect(told[0]).toBe('veilgate_request_duration_seconds_bucket{le="0.005"} 1')
  expect(told[1]).toBe('veilgate_request_duration_seconds_bucket{le="0.01"} 3')
  expect(told.slice(-4)).toEqual([
    'veilgate_request_duration_seconds_bucket{le="60"} 3',
    'veilgate_request_duration_seconds_bucket{le="+Inf"} 4',
    'veilgate_request_duration_seconds_sum 100.015',
    'veilgate_request_duration_seconds_count 4',
  ])
})

test('statuses that an origin made up share a label', async () => {
  const { counts, metrics } = setUp()
  const requests = requestCountsOf(counts, 'http-1')
  for (let status = 100; status < 600; status++) requests[requestPlace(0, 0, status)] = 1
  const codes = (await metrics.text()).match(/code="\w+"/g) ?? []
  expect(new Set(codes).size).toBeLessThan(75)
  expect(codes).toContain('code="4xx"')
})

test('a reload that was refused is told', async () => {
  const { counts, lines } = setUp()
  counts.isReloaded = false
  expect(await lines()).toContain('veilgate_config_last_reload_successful 0')
})

test('of several processes the sum is told, and of their event loops the latest', async () => {
  const { counts, lines } = setUp([{ connections: 7, lag: [['1', 0.75]] }])
  counts.bytesToClient = 50
  expect(await lines()).toEqual(
    expect.arrayContaining([
      'veilgate_connections_active 12',
      'veilgate_bytes_total{direction="to_client"} 100',
      'process_resident_memory_bytes 2000',
      'process_cpu_seconds_total 3',
      'veilgate_eventloop_lag_seconds{quantile="1"} 0.75',
    ]),
  )
})

test('an upstream is up where it is for every process, a group where one of its members is, and neither tells its URL', async () => {
  const { metrics } = setUp([{ downUpstreams: ['far'] }])
  const text = await metrics.text()
  expect(text.match(/^veilgate_upstream_up\{.*$/gm)).toEqual([
    'veilgate_upstream_up{route="near",node="near"} 1',
    'veilgate_upstream_up{route="far",node="far"} 0',
    'veilgate_upstream_up{route="out",node="near"} 1',
    'veilgate_upstream_up{route="out",node="far"} 0',
    'veilgate_upstream_up{route="all",node="out"} 1',
    'veilgate_upstream_up{route="all",node="far"} 0',
  ])
  expect(text).not.toMatch(/secret|192\.0\.2|example/)
})

test('each metric has its row in docs/operations.md, and no row is without one', async () => {
  const told = [...(await setUp().metrics.text()).matchAll(/^# TYPE (\S+)/gm)].map(([, name]) => name)
  const rows = readFileSync('docs/operations.md', 'utf8').match(/^\| `(?:veilgate|process)_.*?\|/gm) ?? []
  const written = rows.flatMap((row) => [...row.matchAll(/`(\w+)`/g)].map(([, name]) => name))
  expect(written.toSorted()).toEqual(told.toSorted())
})

test('what the system does not tell is not told', async () => {
  const { metrics } = setUp([{ descriptors: -40, descriptorLimit: -1_024 }])
  expect(await metrics.text()).not.toMatch(/^process_(open|max)_fds \d/m)
})
