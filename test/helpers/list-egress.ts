import { DEFAULT_CONFIG } from '../../src/config/config.js'
import { createCounts } from '../../src/counts.js'
import { createEgressGuard } from '../../src/policy/egress-guard.js'
import type { ListEgress } from '../../src/subscriptions/open-connection.js'
import { createDescriptors } from '../../src/upstream/descriptors.js'
import { createDialer } from '../../src/upstream/dial.js'

/** The dialer of the proxy with loopback and all ports open; names are not resolved but `localhost`. */
export function openEgress(options: Partial<ListEgress> & { readonly allow?: readonly string[] } = {}): ListEgress {
  const { allow = ['127.0.0.0/8'], ...rest } = options
  return {
    dial: createDialer({
      resolver: {
        lookup(host, done) {
          done(null, host === 'localhost' ? ['127.0.0.1'] : ['192.0.2.1'], [])
          return () => {}
        },
      },
      guard: createEgressGuard({ allow, deny: [] }),
      isOwn: () => false,
      limits: { ...DEFAULT_CONFIG.limits, connectTimeoutMs: 5_000 },
      descriptors: createDescriptors({ limit: undefined, base: 0, onShort: () => {} }),
      now: () => performance.now(),
      counts: createCounts(),
    }),
    isPortOpen: () => true,
    headTimeoutMs: 5_000,
    bodyTimeoutMs: 5_000,
    ...rest,
  }
}
