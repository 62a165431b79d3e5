import { createCidrTable, parseCidr } from '../http/cidr.js'

/**
 * Who may use the proxy, as a question about the address a connection came from.
 * IPv4-mapped addresses (a dual-stack listener reports them) count as IPv4, and
 * the zone of a link-local client is not part of its address.
 *
 * @param cidrs addresses or CIDRs
 * @throws TypeError for an entry that is neither; the configuration is checked before it gets here
 */
export function createClientList(cidrs: readonly string[]): (ip: string) => boolean {
  const ranges = createCidrTable<true>()
  for (const text of cidrs) {
    const cidr = parseCidr(text)
    if (cidr === undefined) throw new TypeError(`not an address or CIDR: ${JSON.stringify(text)}`)
    ranges.add(cidr, true)
  }
  // connections come in runs from one client
  let lastIp = ''
  let lastAnswer = false

  return function isClientAllowed(ip) {
    if (ip === lastIp) return lastAnswer
    const zone = ip.indexOf('%')
    lastAnswer = ranges.longest(zone === -1 ? ip : ip.slice(0, zone)) !== undefined
    lastIp = ip
    return lastAnswer
  }
}
