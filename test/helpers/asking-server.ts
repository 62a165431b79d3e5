import { DEFAULT_CONFIG } from '../../src/config/config.js'
import { type Counts, createCounts } from '../../src/counts.js'
import { openResolver } from '../../src/upstream/dns/open-resolver.js'
import type { HostResolver } from '../../src/upstream/resolver.js'

export type AskingOptions = {
  readonly timeoutMs?: number
  readonly now?: () => number
  readonly hostsPath?: string
  readonly counts?: Counts
}

/** A resolver in the mode `system` that asks one name server. */
export function askingServer(server: string, options: AskingOptions = {}): HostResolver {
  const {
    timeoutMs = 15_000,
    now = () => performance.now(),
    hostsPath = '/nonexistent',
    counts = createCounts(),
  } = options
  const dns = { ...DEFAULT_CONFIG.egress.dns, servers: [server], timeoutMs }
  return openResolver({
    egressAddresses: [],
    dns,
    ca: undefined,
    now,
    report() {},
    counts,
    maxQueries: 256,
    hostsPath,
  })
}
