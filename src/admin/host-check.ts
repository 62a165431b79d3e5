import { isIP } from 'node:net'

/**
 * Whether a `Host` field names this machine by something that nobody else can point here. A page in a browser can make
 * its own name resolve to 127.0.0.1 (DNS rebinding) and then read what a server there answers, but its requests still
 * say that name: an address literal, `localhost` and the names that the configuration gives cannot be had that way.
 *
 * @param field value of `Host`, with or without a port
 * @param names further names, in lower case
 */
export function isOwnHost(field: string | undefined, names: readonly string[]): boolean {
  const [, bracketed, plain = ''] = /^(?:\[([^\]]+)\]|([^:]+))(?::\d{1,5})?$/.exec(field ?? '') ?? []
  if (bracketed !== undefined) return isIP(bracketed) === 6
  const host = plain.toLowerCase()
  return isIP(host) === 4 || host === 'localhost' || names.includes(host)
}
