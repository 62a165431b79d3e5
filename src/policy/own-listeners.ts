import { classifyAddress, embeddedIPv4 } from '../http/address.js'
import { canonicalHost } from '../http/authority.js'

export type ListenAddress = {
  /** As bound: an address literal, `0.0.0.0` or `::` for all of them. */
  readonly address: string
  readonly port: number
}

/**
 * Whether a connection to `ip` and `port` would come back to this proxy.
 *
 * A listener on all addresses is reached by every address of the machine and
 * by all of 127.0.0.0/8; `0.0.0.0` and `::` as a target reach loopback (Linux,
 * BSD). IPv4 carried inside IPv6 counts as what it carries.
 *
 * @param localAddresses every address of the machine's interfaces
 */
export function createOwnListeners(
  listening: readonly ListenAddress[],
  localAddresses: readonly string[],
): (ip: string, port: number) => boolean {
  const local = new Set(localAddresses.map(comparable))
  const addressesByPort = new Map<number, Set<string>>()
  for (const { address, port } of listening) {
    const addresses = addressesByPort.get(port) ?? new Set()
    addressesByPort.set(port, addresses.add(comparable(address)))
  }

  function reaches(addresses: ReadonlySet<string>, ip: string): boolean {
    if (addresses.has(ip)) return true
    const isLoopback = classifyAddress(ip) === 'loopback'
    if (addresses.has('0.0.0.0') || addresses.has('::')) return isLoopback || isWildcard(ip) || local.has(ip)
    return isWildcard(ip) && someLoopback(addresses)
  }

  return function isOwnListener(ip, port) {
    const addresses = addressesByPort.get(port)
    if (addresses === undefined) return false
    return reaches(addresses, comparable(ip)) || embeddedIPv4(ip).some((inner) => reaches(addresses, inner))
  }
}

function isWildcard(ip: string): boolean {
  return ip === '0.0.0.0' || ip === '::'
}

function someLoopback(addresses: ReadonlySet<string>): boolean {
  for (const address of addresses) if (classifyAddress(address) === 'loopback') return true
  return false
}

/** One spelling per address, without the zone a link-local one may carry. */
function comparable(address: string): string {
  const zone = address.indexOf('%')
  return canonicalHost(zone === -1 ? address : address.slice(0, zone)) ?? address
}
