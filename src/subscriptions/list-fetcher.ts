import type { Limits } from '../config/config.js'
import type { Policy } from '../pipeline/policy.js'
import type { Dial } from '../upstream/dial.js'
import type { Fetched, FetchOptions } from './fetch-list.js'
import type { Subscription } from './subscription.js'

/** What serves the clients at the moment. */
export type ServedBy = {
  readonly policy: Pick<Policy, 'isConnectPort' | 'isHttpPort'>
  readonly dial: Dial
  readonly config: { readonly limits: Limits }
}

export type ListFetcher = (list: Subscription, options: FetchOptions) => Promise<Fetched>

/**
 * Fetches lists the way the clients go out: same dialer, same ports, same patience.
 *
 * @param servedBy asked anew for each list
 */
export function createListFetcher(servedBy: () => ServedBy): ListFetcher {
  return async (list, options) => {
    // HTTP and TLS of a client are not loaded where no list is fetched
    const { fetchList } = await import('./fetch-list.js')
    const { policy, dial, config } = servedBy()
    const egress = {
      dial,
      isPortOpen: (scheme: 'http' | 'https', port: number) =>
        scheme === 'https' ? policy.isConnectPort(port) : policy.isHttpPort(port),
      headTimeoutMs: config.limits.responseTimeoutMs,
      bodyTimeoutMs: config.limits.idleTimeoutMs,
    }
    return fetchList(list, egress, options)
  }
}
