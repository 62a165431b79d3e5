import { isIPv6 } from 'node:net'

/**
 * The eight 16-bit parts of an IPv6 literal in any spelling of RFC 4291 §2.2.
 * Undefined for anything else; a zone id is not part of an address.
 *
 * ipaddr.js is not asked: it reads `::8.8.8.8` (IPv4-compatible) as
 * `::ffff:8.8.8.8` (IPv4-mapped), so the address judged would not be the one dialled.
 */
export function parseIPv6(text: string): readonly number[] | undefined {
  if (!isIPv6(text) || text.includes('%')) return undefined
  const parts: number[] = []
  let gapAt = -1
  for (let start = 0; start < text.length; ) {
    const colon = text.indexOf(':', start)
    const end = colon === -1 ? text.length : colon
    if (end === start) {
      // an empty part is `::`, except for the colon that opens the text
      if (start !== 0) gapAt = parts.length
    } else if (colon === -1 && text.includes('.', start)) {
      pushQuad(parts, text.slice(start))
    } else {
      parts.push(Number.parseInt(text.slice(start, end), 16))
    }
    start = end + 1
  }
  if (gapAt !== -1) parts.splice(gapAt, 0, ...ZEROS.slice(parts.length))
  return parts
}

const ZEROS: readonly number[] = [0, 0, 0, 0, 0, 0, 0, 0]

function pushQuad(parts: number[], text: string): void {
  const [a = 0, b = 0, c = 0, d = 0] = text.split('.').map(Number)
  parts.push(a * 256 + b, c * 256 + d)
}
