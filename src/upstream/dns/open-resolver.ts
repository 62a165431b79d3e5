import type { Config } from '../../config/config.js'
import type { Counts } from '../../counts.js'
import { createDnsClient } from '../dns-client.js'
import { createResolver, type HostResolver } from '../resolver.js'
import { createDoh } from './doh.js'
import { toDohServer } from './doh-server.js'
import { createNameServers } from './name-servers.js'
import type { DnsTransport } from './transport.js'
import { createUnresolving } from './unresolving.js'

export type OpenResolverOptions = {
  readonly dns: Config['egress']['dns']
  /** From which a service over HTTPS is asked; name servers are from where the system chooses. */
  readonly egressAddresses: Config['egress']['addresses']
  /** What `dns.doh.ca` holds, in PEM. */
  readonly ca: string | undefined
  /** Milliseconds on any clock that does not go back. */
  readonly now: () => number
  /** Told what a person should know of the way names are resolved. */
  readonly report: (message: string) => void
  readonly counts: Counts
  /** Queries in flight; others wait. */
  readonly maxQueries: number
  readonly hostsPath?: string
}

/** The resolver that `egress.dns` describes. Nothing is asked or connected before the first lookup. */
export function openResolver(options: OpenResolverOptions): HostResolver {
  const { dns, egressAddresses, ca, now, report, counts, maxQueries, hostsPath } = options
  if (dns.mode === 'upstream') return createUnresolving()
  const { timeoutMs } = dns
  const client = createDnsClient(dns.mode === 'system' ? createNameServers({ ...dns, now }) : doh())
  return createResolver({
    dns: client,
    timeoutMs,
    now,
    counts,
    maxQueries,
    ...(hostsPath !== undefined && { hostsPath }),
  })

  function doh(): DnsTransport {
    const { url, bootstrap } = dns.doh
    const fallback = dns.fallback === 'system' ? createNameServers({ ...dns, now }) : undefined
    return createDoh({ server: toDohServer(url, bootstrap, ca, egressAddresses), timeoutMs, fallback, report, now })
  }
}
