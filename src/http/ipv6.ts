import { isIPv4 } from 'node:net'

const PARTS = 8
const MOST_DIGITS = 4
const COLON = 0x3a
const DOT = 0x2e

/**
 * The eight 16-bit parts of an IPv6 literal in any spelling of RFC 4291 §2.2.
 * Undefined for anything else; a zone id is not part of an address.
 *
 * ipaddr.js is not asked: it reads `::8.8.8.8` (IPv4-compatible) as
 * `::ffff:8.8.8.8` (IPv4-mapped), so the address judged would not be the one dialled. Nor is
 * `isIPv6` of Node 20: V8 takes 10 ms to compile its regular expression, a part of the start that is felt.
 */
export function parseIPv6(text: string): readonly number[] | undefined {
  const parts: number[] = []
  const { length } = text
  let gapAt = text.startsWith('::') ? 0 : -1
  let at = gapAt === 0 ? 2 : 0
  while (at < length) {
    const start = at
    let part = 0
    for (let digit = hexDigit(text.charCodeAt(at)); digit !== -1; digit = hexDigit(text.charCodeAt(at))) {
      part = part * 16 + digit
      if (++at - start > MOST_DIGITS) return undefined
    }
    if (text.charCodeAt(at) === DOT) {
      if (!isIPv4(text.slice(start))) return undefined
      pushQuad(parts, text.slice(start))
      break
    }
    if (at === start) return undefined
    parts.push(part)
    if (at === length) break
    if (text.charCodeAt(at++) !== COLON || at === length) return undefined
    if (text.charCodeAt(at) === COLON) {
      if (gapAt !== -1) return undefined
      gapAt = parts.length
      at++
    }
  }
  if (gapAt === -1) return parts.length === PARTS ? parts : undefined
  // `::` stands for one part at least
  if (parts.length >= PARTS) return undefined
  parts.splice(gapAt, 0, ...ZEROS.slice(parts.length))
  return parts
}

const ZEROS: readonly number[] = [0, 0, 0, 0, 0, 0, 0, 0]

/** -1 for what is none. */
function hexDigit(c: number): number {
  if (c >= 0x30 && c <= 0x39) return c - 0x30
  const lower = c | 0x20
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : -1
}

function pushQuad(parts: number[], text: string): void {
  const [a = 0, b = 0, c = 0, d = 0] = text.split('.').map(Number)
  parts.push(a * 256 + b, c * 256 + d)
}
