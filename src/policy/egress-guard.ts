import type { AddressClass } from '../http/address.js'
import { classifyAddress, embeddedIPv4 } from '../http/address.js'
import type { Cidr } from '../http/cidr.js'
import { createCidrTable, parseCidr } from '../http/cidr.js'

export type EgressGuardOptions = {
  /** Addresses or CIDRs opened, special-purpose ones too. */
  readonly allow: readonly string[]
  /** Addresses or CIDRs closed, global ones too. */
  readonly deny: readonly string[]
  /** Addresses and ranges that are this machine's: a global one still leads to the machine itself. */
  readonly ownAddresses?: readonly string[]
}

/** Why an address must not be dialled: its class, `self` for one of this machine, `denied` for one on the deny list. */
export type GuardRefusal = AddressClass | 'self' | 'denied'

export type EgressGuard = {
  /** Undefined when the address, in canonical form, may be dialled. */
  check(ip: string): GuardRefusal | undefined
}

/**
 * What a bare `--allow-private` puts in `allow`: it opens every special-purpose
 * range and, being the shortest prefixes there are, yields to any entry of `deny`.
 */
export const EVERY_SPECIAL_RANGE: readonly string[] = ['0.0.0.0/0', '::/0']

/**
 * The rule of the guard: of the ranges written in `allow` and `deny` the longest
 * that holds the address decides (equal length: deny), and where none does,
 * only global addresses pass that are not this machine's own. IPv4 inside IPv6 must pass by the same rule on its
 * own, so that opening `2002::/16` does not open 127.0.0.1 behind it.
 *
 * @throws TypeError for an entry that is no address or CIDR; the configuration is checked before it gets here
 */
export function createEgressGuard({ allow, deny, ownAddresses = [] }: EgressGuardOptions): EgressGuard {
  const explicit = createCidrTable<'allow' | 'deny'>()
  // of equal ranges a table answers with the one added first
  for (const text of deny) explicit.add(toCidr(text), 'deny')
  for (const text of allow) explicit.add(toCidr(text), 'allow')

  const own = createCidrTable<true>()
  // an address with a zone id is link-local, which is refused as it is
  for (const text of ownAddresses) {
    const cidr = parseCidr(text)
    if (cidr !== undefined) own.add(cidr, true)
  }

  function checkOne(ip: string): GuardRefusal | undefined {
    const written = explicit.size === 0 ? undefined : explicit.longest(ip)?.value
    if (written !== undefined) return written === 'allow' ? undefined : 'denied'
    const addressClass = classifyAddress(ip)
    if (addressClass !== 'global') return addressClass
    return own.longest(ip) === undefined ? undefined : 'self'
  }

  return {
    check(ip) {
      const refusal = checkOne(ip)
      if (refusal !== undefined) return refusal
      for (const inner of embeddedIPv4(ip)) {
        const innerRefusal = checkOne(inner)
        if (innerRefusal !== undefined) return innerRefusal
      }
      return undefined
    },
  }
}

function toCidr(text: string): Cidr {
  const cidr = parseCidr(text)
  if (cidr === undefined) throw new TypeError(`not an address or CIDR: ${JSON.stringify(text)}`)
  return cidr
}
