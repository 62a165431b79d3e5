import { createCounts } from '../../src/counts.js'
import { createEgressGuard } from '../../src/policy/egress-guard.js'
import type { ListEgress } from '../../src/subscriptions/open-connection.js'
import { createDialer } from '../../src/upstream/dial.js'

/** The dialer of the proxy with loopback and all ports open; names are not resolved but `localhost`. */
export function openEgress(options: Partial<ListEgress> & { readonly allow?: readonly string[] } = {}): ListEgress {
  const { allow = ['127.0.0.0/8'], ...rest } = options
  return {
    dial: createDialer({
      resolver: {
        lookup(host, done) {
          done(null, host === 'localhost' ? ['127.0.0.1'] : ['192.0.2.1'])
          return () => {}
        },
      },
      guard: createEgressGuard({ allow, deny: [] }),
      isOwn: () => false,
      connectTimeoutMs: 5_000,
      now: () => performance.now(),
      counts: createCounts(),
    }),
    isPortOpen: () => true,
    headTimeoutMs: 5_000,
    bodyTimeoutMs: 5_000,
    ...rest,
  }
}
