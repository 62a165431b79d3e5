import { isIPv4, isIPv6 } from 'node:net'
import { domainToASCII } from 'node:url'
import ipaddr from 'ipaddr.js'
import { parseIPv6 } from './ipv6.js'

/** A host in canonical form (contract §2) with its port. */
export type Authority = {
  readonly host: string
  readonly port: number
  /** 0 for a name, 4 or 6 for an address literal. */
  readonly family: 0 | 4 | 6
}

/** RFC 1035 §2.3.4 */
const MAX_NAME_OCTETS = 253
const MAX_LABEL_OCTETS = 63

/**
 * `host` or `host:port` as it stands in a request target → canonical host and port.
 * Undefined when it is not exactly that: userinfo, zone ids, percent-encoding,
 * an empty or oversized port are all refused (RFC 9110 §4.2.4, RFC 9112 §3.2).
 *
 * @param text as a person or a request line writes it
 * @param defaultPort the port where none is written; 0 makes a port compulsory
 */
export function parseAuthority(text: string, defaultPort: number): Authority | undefined {
  const portColon = text.charCodeAt(0) === 0x5b ? text.indexOf(']') + 1 : lastColon(text)
  if (portColon === 0) return undefined
  const hasPort = portColon !== -1 && portColon < text.length
  if (hasPort && text.charCodeAt(portColon) !== 0x3a) return undefined

  const port = hasPort ? parsePort(text.slice(portColon + 1)) : defaultPort
  if (port === 0) return undefined
  const host = canonicalHost(hasPort ? text.slice(0, portColon) : text)
  if (host === undefined) return undefined
  return { host, port, family: isIPv4(host) ? 4 : isIPv6(host) ? 6 : 0 }
}

/** Decimal digits, 1 to 65535; anything else is 0. */
export function parsePort(text: string): number {
  if (text.length === 0 || text.length > 5) return 0
  let port = 0
  for (let i = 0; i < text.length; i++) {
    const digit = text.charCodeAt(i) - 0x30
    if (digit < 0 || digit > 9) return 0
    port = port * 10 + digit
  }
  return port <= 65535 ? port : 0
}

/**
 * The one form in which hosts are compared (contract §2): brackets and one
 * trailing dot off, lower case, UTS 46 to ASCII, any IPv4 spelling to a dotted
 * quad, IPv6 to RFC 5952, IPv4-mapped to IPv4. Undefined when that leaves
 * something that is no host.
 */
export function canonicalHost(raw: string): string | undefined {
  if (raw.charCodeAt(0) === 0x5b) {
    return raw.charCodeAt(raw.length - 1) === 0x5d ? canonicalIPv6(raw.slice(1, -1)) : undefined
  }
  if (raw.includes(':')) return canonicalIPv6(raw)

  const name = raw.endsWith('.') ? raw.slice(0, -1) : raw
  if (isPlainName(name)) return looksNumeric(name) ? canonicalIPv4(name) : name
  return canonicalUnusualName(raw)
}

function canonicalUnusualName(raw: string): string | undefined {
  // domainToASCII percent-decodes and reads URL syntax: such characters are refused here, never interpreted
  if (NEVER_IN_A_NAME.test(raw)) return undefined
  // the one dot comes off last: UTS 46 makes more of other full stops, and drops what stood between two
  const ascii = (isAscii(raw) ? raw.toLowerCase() : domainToASCII(raw)).replace(/\.$/, '')
  if (!isPlainName(ascii)) return undefined
  return looksNumeric(ascii) ? canonicalIPv4(ascii) : ascii
}

const NEVER_IN_A_NAME = /[\0-\x20%/\\#?@:[\]<>^|`{}"'()*+,;=!$&~\x7f]/

/** Lower-case letters, digits, `-`, `_`, in labels of 1 to 63 octets, 253 in all. */
function isPlainName(name: string): boolean {
  if (name.length === 0 || name.length > MAX_NAME_OCTETS) return false
  let labelStart = 0
  for (let i = 0; i < name.length; i++) {
    const c = name.charCodeAt(i)
    if (c === 0x2e) {
      if (i === labelStart || i - labelStart > MAX_LABEL_OCTETS) return false
      labelStart = i + 1
    } else if (!((c >= 0x61 && c <= 0x7a) || (c >= 0x30 && c <= 0x39) || c === 0x2d || c === 0x5f)) {
      return false
    }
  }
  const last = name.length - labelStart
  return last >= 1 && last <= MAX_LABEL_OCTETS
}

/** The last label is a number, so a URL parser reads the whole as IPv4 (WHATWG URL, "ends in a number"). */
function looksNumeric(name: string): boolean {
  const first = name.charCodeAt(name.lastIndexOf('.') + 1)
  return first >= 0x30 && first <= 0x39 && /(?:^|\.)(?:\d+|0x[0-9a-f]*)$/.test(name)
}

function canonicalIPv4(name: string): string | undefined {
  if (isIPv4(name)) return name
  const { host } = URL.canParse(`http://${name}/`) ? new URL(`http://${name}/`) : { host: '' }
  return isIPv4(host) ? host : undefined
}

function canonicalIPv6(text: string): string | undefined {
  const parts = parseIPv6(text)
  if (parts === undefined) return undefined
  const address = new ipaddr.IPv6([...parts])
  return address.isIPv4MappedAddress() ? address.toIPv4Address().toString() : address.toRFC5952String()
}

function lastColon(text: string): number {
  const colon = text.indexOf(':')
  return colon !== -1 && text.indexOf(':', colon + 1) !== -1 ? 0 : colon
}

function isAscii(text: string): boolean {
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) > 0x7f) return false
  return true
}
