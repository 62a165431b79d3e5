import { afterEach, expect, test } from 'vitest'
import { createMetrics, type Metrics } from '../../../src/admin/metrics.js'
import { countOne, createCounts, observe, requestCountsOf, requestPlace } from '../../../src/counts.js'

const open: Metrics[] = []
afterEach(() => {
  for (const metrics of open.splice(0)) metrics.close()
})

function setUp() {
  const counts = createCounts()
  const metrics = createMetrics({
    counts,
    version: '1.2.3',
    connections: () => 5,
    tunnels: () => 2,
    sockets: () => 9,
    descriptors: () => ({ open: 40, limit: 1_024 }),
    idleOrigins: () => 3,
    rules: () => 353,
    lists: () => [
      { name: 'ads', entries: 12, checkedAt: '2026-11-28T00:00:00.000Z' },
      { name: 'new', entries: 0, checkedAt: null },
    ],
  })
  open.push(metrics)
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

test('the lag of an event loop that was blocked is seen', async () => {
  const { metrics } = setUp()
  await new Promise((resolve) => setTimeout(resolve, 60))
  const end = performance.now() + 200
  while (performance.now() < end);
  await new Promise((resolve) => setTimeout(resolve, 60))
  const [, worst] = /veilgate_eventloop_lag_seconds\{quantile="1"\} (\S+)/.exec(await metrics.text()) ?? []
  expect(Number(worst)).toBeGreaterThan(0.1)
})
