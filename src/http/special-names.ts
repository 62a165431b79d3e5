/** What names under `localhost` mean to everybody, whoever is asked (RFC 6761 §6.3). */
export const LOOPBACK_ADDRESSES: readonly string[] = ['::1', '127.0.0.1']

/** @param host in canonical form, as below */
export function isLocalhost(host: string): boolean {
  return isUnder(host, 'localhost')
}

/** Has a meaning in Tor alone (RFC 7686 §2). */
export function isOnion(host: string): boolean {
  return isUnder(host, 'onion')
}

/** Names of which a query could only tell somebody what was asked for (RFC 7686 §2; `.invalid`: RFC 6761 §6.4). */
export function isNeverAsked(host: string): boolean {
  return isOnion(host) || isUnder(host, 'invalid')
}

/** The name itself or one below it. */
function isUnder(host: string, name: string): boolean {
  return host.endsWith(name) && (host.length === name.length || host.charCodeAt(host.length - name.length - 1) === DOT)
}

const DOT = 0x2e
