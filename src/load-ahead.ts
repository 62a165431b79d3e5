import type { Config } from './config/config.js'

// What is loaded when it is needed must be at hand before that where a running proxy needs it: a newer version may have been
// put in the place of its files meanwhile. What a configuration does not ask for is not loaded, for it takes memory.

/** For `upstreamStates` and `mergeStates`: with it comes proxy-chain, which nothing else of a running proxy needs. */
export async function loadUpstreamReport({ upstreams }: Pick<Config, 'upstreams'>): Promise<void> {
  if (Object.keys(upstreams).length > 0) await import('./upstream/upstream-report.js')
}

/** For the fetching of lists: with it come HTTP and TLS of a client. */
export async function loadListFetching({ rules }: Pick<Config, 'rules'>): Promise<void> {
  if (Object.keys(rules.lists).length > 0) await import('./subscriptions/fetch-list.js')
}
