import { expect, test } from 'vitest'
import { ANY_PORT, DEFAULT_CONFIG } from '../../../src/config/config.js'

test('the defaults are those of the contract', () => {
  expect(DEFAULT_CONFIG).toMatchObject({
    listen: ['http://127.0.0.1:3128'],
    open: false,
    rules: { scope: 'exact', blockStatus: 403, report: false },
    headers: { profile: 'standard', keep: [], remove: [], set: {}, perHost: [] },
    egress: { guard: { allow: [], deny: [] }, dns: { mode: 'system' } },
    limits: {
      connections: 20_000,
      perClient: 4_096,
      tunnels: 16_000,
      tunnelsPerClient: 4_096,
      headBytes: 65_536,
      headFields: 512,
      uriBytes: 16_384,
      headTimeoutMs: 10_000,
      connectTimeoutMs: 10_000,
      responseTimeoutMs: 60_000,
      idleTimeoutMs: 120_000,
      tunnelIdleTimeoutMs: 900_000,
      bodyMinRate: 500,
      connectionLifetimeMs: 86_400_000,
      requestsPerConnection: 100_000,
      bufferBytes: 65_536,
      pendingDialsPerOrigin: 512,
      dnsQueries: 256,
      drainTimeoutMs: 30_000,
    },
    log: { level: 'info', access: { file: '-', format: 'pretty' } },
  })
  expect(DEFAULT_CONFIG.egress.connectPorts.flat()).toEqual([443, 443, 80, 80, 8443, 8443])
  expect(DEFAULT_CONFIG.egress.httpPorts.flat()).toEqual([80, 80, 443, 443, 1024, 65_535])
})

test('every port is from 1 to 65535', () => {
  expect(ANY_PORT).toEqual([[1, 65_535]])
})
