import { type Cidr, parseCidr } from '../http/cidr.js'
import { parseIPv6 } from '../http/ipv6.js'

/** Addresses of ours from which targets are dialled. */
export type EgressAddresses = {
  /** False where nobody named any: the system chooses. */
  readonly isConfigured: boolean
  /**
   * The address of a family with a number. Numbers beyond the last begin anew, so that a counter
   * takes turns and a hash of an identity always leads to the same one.
   *
   * @returns undefined where the family has none: then nothing may be dialled over it
   */
  at(family: 4 | 6, index: bigint): string | undefined
}

/**
 * A range is counted, never listed: a /64 takes no more room than an address. Of an IPv4 range up to /30 the first
 * and the last address are left out (network and broadcast), of an IPv6 range up to /126 the first (the
 * routers' anycast address, RFC 4291 §2.6.1).
 *
 * @param entries addresses and CIDRs, taken in this order
 * @throws TypeError for an entry that is neither; the configuration is checked before it gets here
 */
export function createEgressAddresses(entries: readonly string[]): EgressAddresses {
  const ranges = entries.map(toRange)
  const four = toPool(ranges.filter(({ family }) => family === 4))
  const six = toPool(ranges.filter(({ family }) => family === 6))

  return {
    isConfigured: entries.length > 0,

    at(family, index) {
      const { ranges: pool, size } = family === 4 ? four : six
      if (size === 0n) return undefined
      let left = index % size
      for (const range of pool) {
        if (left < range.size) return family === 4 ? format4(range.first + left) : format6(range.first + left)
        left -= range.size
      }
      return undefined
    },
  }
}

type Range = { readonly family: 4 | 6; readonly first: bigint; readonly size: bigint }

function toPool(ranges: readonly Range[]) {
  return { ranges, size: ranges.reduce((sum, { size }) => sum + size, 0n) }
}

function toRange(text: string): Range {
  const cidr = parseCidr(text)
  if (cidr === undefined) throw new TypeError(`not an address or CIDR: ${JSON.stringify(text)}`)
  const { family, prefix } = cidr
  const freeBits = (family === 4 ? 32 : 128) - prefix
  const size = 1n << BigInt(freeBits)
  // a pair (RFC 3021, RFC 6164) and a single address have none to leave out
  if (freeBits < 2) return { family, first: bitsOf(cidr), size }
  return { family, first: bitsOf(cidr) + 1n, size: size - (family === 4 ? 2n : 1n) }
}

function bitsOf({ family, address }: Cidr): bigint {
  const parts = family === 4 ? address.split('.').map(Number) : (parseIPv6(address) ?? [])
  return parts.reduce((bits, part) => (bits << (family === 4 ? 8n : 16n)) | BigInt(part), 0n)
}

function format4(bits: bigint): string {
  const address = Number(bits)
  return `${address >>> 24}.${(address >>> 16) & 255}.${(address >>> 8) & 255}.${address & 255}`
}

function format6(bits: bigint): string {
  const parts: string[] = []
  for (let shift = 112n; shift >= 0n; shift -= 16n) parts.push(((bits >> shift) & 0xffffn).toString(16))
  return parts.join(':')
}
