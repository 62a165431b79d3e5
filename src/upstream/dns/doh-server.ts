import { isIP } from 'node:net'
import { createEgressAddresses, type EgressAddresses } from '../../policy/egress-addresses.js'

/** A service for DNS over HTTPS (RFC 8484), and where it is. */
export type DohServer = {
  /** `https://HOST[:PORT]` */
  readonly origin: string
  readonly host: string
  readonly port: number
  /** Path and query, to which queries are posted. */
  readonly path: string
  /** What stands for `host` in TLS; undefined where that is an address, which is no server name (RFC 6066 §3). */
  readonly serverName: string | undefined
  /** Of the host, tried in this order: it is never looked up. */
  readonly addresses: readonly string[]
  /** Authorities in PEM that are trusted beside the usual ones. */
  readonly ca: string | undefined
  /** Our own, from which it is reached. */
  readonly egressAddresses: EgressAddresses
}

const HTTPS_PORT = 443

/**
 * @param url `https:`
 * @param bootstrap addresses of its host; not needed where that is an address
 * @param egress `egress.addresses`
 * @throws TypeError for no URL, or no address; the configuration is checked before it gets here
 */
export function toDohServer(
  url: string,
  bootstrap: readonly string[],
  ca: string | undefined,
  egress: readonly string[] = [],
): DohServer {
  if (!URL.canParse(url)) throw new TypeError(`egress.dns.doh.url: not a URL: ${JSON.stringify(url)}`)
  const { origin, hostname, port, pathname, search } = new URL(url)
  const host = hostname.startsWith('[') ? hostname.slice(1, -1) : hostname
  const isAddress = isIP(host) !== 0
  const addresses = bootstrap.length === 0 && isAddress ? [host] : bootstrap
  if (addresses.length === 0) throw new TypeError(`egress.dns.doh.bootstrap: no address of ${host}`)
  return {
    origin,
    host,
    port: port === '' ? HTTPS_PORT : Number(port),
    path: pathname + search,
    serverName: isAddress ? undefined : host,
    addresses,
    ca,
    egressAddresses: createEgressAddresses(egress),
  }
}
