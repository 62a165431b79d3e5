import { createCidrTable, parseCidr } from './cidr.js'
import { parseIPv6 } from './ipv6.js'

/**
 * What an address is for. `global` may be dialled by default, everything else
 * only where a person opened it; `invalid` is no address at all (zone ids too).
 */
export type AddressClass =
  | 'global'
  | 'invalid'
  | 'this-network'
  | 'unspecified'
  | 'loopback'
  | 'private'
  | 'shared'
  | 'unique-local'
  | 'link-local'
  | 'site-local'
  | 'metadata'
  | 'ietf-protocol'
  | 'documentation'
  | 'benchmarking'
  | 'multicast'
  | 'reserved'
  | 'broadcast'
  | 'discard'
  | 'dummy'
  | 'orchid'
  | 'drip'
  | 'srv6'
  | '6to4-relay'
  | 'ipv4-compatible'
  | 'ipv4-translated'
  | 'nat64'
  | 'nat64-local'
  | 'teredo'
  | '6to4'

/**
 * IANA's special-purpose registries (RFC 6890, RFC 8190) with multicast and the
 * one metadata service that hides on a public address. The longest range wins,
 * so an exception stands beside the range it is cut from.
 */
const RANGES: readonly (readonly [cidr: string, addressClass: AddressClass])[] = [
  ['0.0.0.0/0', 'global'],
  ['0.0.0.0/8', 'this-network'], // RFC 791 §3.2
  ['10.0.0.0/8', 'private'], // RFC 1918 §3
  ['100.64.0.0/10', 'shared'], // RFC 6598 §7, carrier-grade NAT; holds 100.100.100.200 (Alibaba metadata)
  ['127.0.0.0/8', 'loopback'], // RFC 1122 §3.2.1.3
  ['168.63.129.16/32', 'metadata'], // Azure WireServer: an address of the public space that only guests reach
  ['169.254.0.0/16', 'link-local'], // RFC 3927 §2.1; holds 169.254.169.254 and 169.254.170.2
  ['172.16.0.0/12', 'private'], // RFC 1918 §3
  ['192.0.0.0/24', 'ietf-protocol'], // RFC 6890 §2.1; holds 192.0.0.192 (Oracle metadata)
  ['192.0.0.9/32', 'global'], // RFC 7723, Port Control Protocol anycast
  ['192.0.0.10/32', 'global'], // RFC 8155, TURN anycast
  ['192.0.2.0/24', 'documentation'], // RFC 5737 §3
  ['192.31.196.0/24', 'global'], // RFC 7535, AS112
  ['192.52.193.0/24', 'global'], // RFC 7450, AMT
  ['192.88.99.0/24', '6to4-relay'], // RFC 7526 §5
  ['192.168.0.0/16', 'private'], // RFC 1918 §3
  ['192.175.48.0/24', 'global'], // RFC 7534, AS112
  ['198.18.0.0/15', 'benchmarking'], // RFC 2544 appendix C.2.2; also what fake-ip resolvers answer
  ['198.51.100.0/24', 'documentation'], // RFC 5737 §3
  ['203.0.113.0/24', 'documentation'], // RFC 5737 §3
  ['224.0.0.0/4', 'multicast'], // RFC 5771 §3
  ['240.0.0.0/4', 'reserved'], // RFC 1112 §4
  ['255.255.255.255/32', 'broadcast'], // RFC 919 §7

  ['::/0', 'global'],
  ['::/96', 'ipv4-compatible'], // RFC 4291 §2.5.5.1
  ['::/128', 'unspecified'], // RFC 4291 §2.5.2
  ['::1/128', 'loopback'], // RFC 4291 §2.5.3
  ['::ffff:0:0:0/96', 'ipv4-translated'], // RFC 2765 §2.1
  ['64:ff9b::/96', 'nat64'], // RFC 6052 §2.1
  ['64:ff9b:1::/48', 'nat64-local'], // RFC 8215 §5
  ['100::/64', 'discard'], // RFC 6666 §4
  ['100:0:0:1::/64', 'dummy'], // RFC 9780
  ['2001::/23', 'ietf-protocol'], // RFC 2928
  ['2001::/32', 'teredo'], // RFC 4380 §2.6
  ['2001:2::/48', 'benchmarking'], // RFC 5180 §8
  ['2001:3::/32', 'global'], // RFC 7450, AMT
  ['2001:4:112::/48', 'global'], // RFC 7535, AS112
  ['2001:10::/28', 'orchid'], // RFC 4843 §2
  ['2001:20::/28', 'orchid'], // RFC 7343 §2
  ['2001:30::/28', 'drip'], // RFC 9374 §8.1
  ['2001:db8::/32', 'documentation'], // RFC 3849 §2
  ['2002::/16', '6to4'], // RFC 3056 §2
  ['2620:4f:8000::/48', 'global'], // RFC 7534, AS112
  ['3fff::/20', 'documentation'], // RFC 9637
  ['5f00::/16', 'srv6'], // RFC 9602
  ['fc00::/7', 'unique-local'], // RFC 4193 §3.1; holds fd00:ec2::254 (AWS) and fd20:ce::254 (Google)
  ['fe80::/10', 'link-local'], // RFC 4291 §2.5.6
  ['fec0::/10', 'site-local'], // RFC 3879 §4
  ['ff00::/8', 'multicast'], // RFC 4291 §2.7
]

const NONE: readonly string[] = []

const classByRange = createCidrTable<AddressClass>()
for (const [text, addressClass] of RANGES) {
  const cidr = parseCidr(text)
  if (cidr !== undefined) classByRange.add(cidr, addressClass)
}

/**
 * The class of an address literal. An IPv6 address that carries a special IPv4
 * address has the class of that one, since that is where its packets end up;
 * with a global one inside it has the class of its own form, except that
 * IPv4-mapped (RFC 4291 §2.5.5.2) simply is IPv4.
 */
export function classifyAddress(ip: string): AddressClass {
  for (const inner of embeddedIPv4(ip)) {
    const innerClass = classByRange.longest(inner)?.value
    if (innerClass !== undefined && innerClass !== 'global') return innerClass
  }
  return classByRange.longest(ip)?.value ?? 'invalid'
}

/**
 * Every IPv4 address an IPv6 address carries by a published format, as dotted
 * quads: mapped, translated, compatible, NAT64, 6to4, and of Teredo both the
 * server and the client (RFC 4380 §4: the client's bits are inverted).
 */
export function embeddedIPv4(ip: string): readonly string[] {
  const parts = ip.includes(':') ? parseIPv6(ip) : undefined
  if (parts === undefined) return NONE
  const [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0, h = 0] = parts

  if (a === 0x2002) return [quad(b, c)]
  if (a === 0x2001 && b === 0) return [quad(c, d), quad(g ^ 0xffff, h ^ 0xffff)]
  if (c !== 0 || d !== 0) return NONE
  if (a === 0x64 && b === 0xff9b) return e === 0 && f === 0 ? [quad(g, h)] : NONE
  if (a !== 0 || b !== 0) return NONE
  const isMapped = e === 0 && f === 0xffff
  const isTranslated = e === 0xffff && f === 0
  // :: and ::1 lie in the compatible range and carry nothing
  const isCompatible = e === 0 && f === 0 && (g !== 0 || h > 1)
  return isMapped || isTranslated || isCompatible ? [quad(g, h)] : NONE
}

function quad(high: number, low: number): string {
  return `${high >>> 8}.${high & 255}.${low >>> 8}.${low & 255}`
}
