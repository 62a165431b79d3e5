import { isIPv4 } from 'node:net'
import ipaddr from 'ipaddr.js'
import { integerOfIPv4 } from './ipv4.js'
import { parseIPv6 } from './ipv6.js'

/** A range of addresses; the bits after the prefix are zero. */
export type Cidr = {
  readonly family: 4 | 6
  /** RFC 5952 or dotted quad, host bits cleared. */
  readonly address: string
  /** In bits; for an IPv4-mapped range of IPv6 that of the IPv4 range. */
  readonly prefix: number
}

/** Values by range of addresses. */
export type CidrTable<V> = {
  /** Number of values added. */
  readonly size: number
  add(cidr: Cidr, value: V): void
  /** The value of the longest range that holds the address; of equal ranges the one added first. */
  longest(ip: string): { readonly value: V; readonly prefix: number } | undefined
  /** Values of every range that holds the address, longest range first, equal ranges in the order they were added. */
  all(ip: string): V[]
}

/** RFC 4291 §2.5.5.2: `::ffff:0:0/96` is IPv4 written as IPv6. */
const MAPPED_PREFIX = 96

/**
 * `192.0.2.0/24`, `2001:db8::/32`, or an address alone, which is a range of one.
 * Bits after the prefix are cleared. Undefined for anything else: zone ids,
 * brackets, short or octal IPv4.
 */
export function parseCidr(text: string): Cidr | undefined {
  const slash = text.indexOf('/')
  const host = slash === -1 ? text : text.slice(0, slash)
  const bits = parseAddress(host)
  if (bits === undefined) return undefined

  const written = isIPv4(host) ? 32 : 128
  const prefix = slash === -1 ? written : parsePrefix(text.slice(slash + 1), written)
  if (prefix === undefined) return undefined
  if (typeof bits === 'number') {
    const prefix4 = written === 32 ? prefix : prefix - MAPPED_PREFIX
    // a range wider than the mapped block is about IPv6: its IPv4 corner is not what was meant
    if (prefix4 < 0)
      return {
        family: 6,
        address: format6(masked6([0, 0, 0, 0, 0, 0xffff, 0, 0], prefix)),
        prefix,
      }
    return {
      family: 4,
      address: format4(masked4(bits, prefix4)),
      prefix: prefix4,
    }
  }
  return { family: 6, address: format6(masked6(bits, prefix)), prefix }
}

/**
 * A lookup masks the address once for every prefix length that is present (at
 * most 33 or 129, in practice a few) and reads a Map: its cost does not grow
 * with the number of ranges.
 */
export function createCidrTable<V>(): CidrTable<V> {
  const layers4: Layer<V>[] = []
  const layers6: Layer<V>[] = []
  let size = 0

  return {
    get size() {
      return size
    },

    add({ family, address, prefix }, value) {
      const bits = family === 4 ? integerOfIPv4(address) : parts6(address)
      put(family === 4 ? layers4 : layers6, prefix, keyOf(bits, prefix), value)
      size++
    },

    longest(ip) {
      const bits = parseAddress(ip)
      if (bits === undefined) return undefined
      for (const { prefix, values } of typeof bits === 'number' ? layers4 : layers6) {
        const found = values.get(keyOf(bits, prefix))
        if (found?.[0] !== undefined) return { value: found[0], prefix }
      }
      return undefined
    },

    all(ip) {
      const all: V[] = []
      const bits = size === 0 ? undefined : parseAddress(ip)
      if (bits === undefined) return all
      for (const { prefix, values } of typeof bits === 'number' ? layers4 : layers6) {
        const found = values.get(keyOf(bits, prefix))
        if (found !== undefined) for (const value of found) all.push(value)
      }
      return all
    },
  }
}

/** An unsigned integer for IPv4, eight 16-bit parts for IPv6. */
type AddressBits = number | readonly number[]

/** Ranges of one prefix length, by their masked bits. */
type Layer<V> = { readonly prefix: number; readonly values: Map<number | string, V[]> }

/** Layers stay ordered, longest prefix first. */
function put<V>(layers: Layer<V>[], prefix: number, key: number | string, value: V): void {
  let at = layers.findIndex((layer) => layer.prefix <= prefix)
  if (at === -1) at = layers.length
  let layer = layers[at]
  if (layer?.prefix !== prefix) {
    layer = { prefix, values: new Map() }
    layers.splice(at, 0, layer)
  }
  const values = layer.values.get(key)
  if (values === undefined) layer.values.set(key, [value])
  else values.push(value)
}

function keyOf(bits: AddressBits, prefix: number): number | string {
  return typeof bits === 'number' ? masked4(bits, prefix) : key6(bits, prefix)
}

/** IPv4 and IPv4-mapped as an unsigned integer, other IPv6 as its eight 16-bit parts. */
function parseAddress(text: string): AddressBits | undefined {
  if (isIPv4(text)) return integerOfIPv4(text)
  const parts = parseIPv6(text)
  if (parts === undefined) return undefined
  const [a, b, c, d, e, f, high = 0, low = 0] = parts
  if (a === 0 && b === 0 && c === 0 && d === 0 && e === 0 && f === 0xffff) return high * 0x10000 + low
  return parts
}

function parts6(text: string): readonly number[] {
  return parseIPv6(text) ?? []
}

function parsePrefix(text: string, max: number): number | undefined {
  if (!/^\d{1,3}$/.test(text)) return undefined
  const prefix = Number(text)
  return prefix <= max ? prefix : undefined
}

function masked4(address: number, prefix: number): number {
  // a shift by 32 is a shift by 0 in JavaScript
  return prefix === 0 ? 0 : (address & (-1 << (32 - prefix))) >>> 0
}

function masked6(parts: readonly number[], prefix: number): number[] {
  return parts.map((part, i) => part & mask16(prefix - i * 16))
}

/** The masked parts as one string of as many UTF-16 units as the prefix reaches into. */
function key6(parts: readonly number[], prefix: number): string {
  let key = ''
  for (let i = 0; i * 16 < prefix; i++) key += String.fromCharCode((parts[i] ?? 0) & mask16(prefix - i * 16))
  return key
}

function mask16(bits: number): number {
  return bits >= 16 ? 0xffff : bits <= 0 ? 0 : (0xffff << (16 - bits)) & 0xffff
}

function format4(address: number): string {
  return `${address >>> 24}.${(address >>> 16) & 255}.${(address >>> 8) & 255}.${address & 255}`
}

function format6(parts: number[]): string {
  return new ipaddr.IPv6(parts).toRFC5952String()
}
