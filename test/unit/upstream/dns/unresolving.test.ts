import { expect, test } from 'vitest'
import { createUnresolving } from '../../../../src/upstream/dns/unresolving.js'

test.each(['a.test', 'localhost', 'expyuzz4wqqyqhjn.onion'])('%s is not looked up, and the error says why', (host) => {
  const told: unknown[] = []
  createUnresolving().lookup(host, (error, addresses, cnames) =>
    told.push(error?.code, error?.detail, addresses, cnames),
  )
  expect(told).toEqual(['VG_DNS_ERROR', 'names are left to upstreams (egress.dns.mode: upstream)', [], []])
})
