import type { PortRange } from '../config/config.js'
import { parsePort } from '../http/authority.js'

const EVERY_PORT: readonly PortRange[] = [[1, 65535]]

/** Whether a port is in any of the ranges (ends included): one bit per port, so the question costs the same however long the list. */
export function createPortList(ranges: readonly PortRange[]): (port: number) => boolean {
  const bits = new Uint8Array(65536 / 8)
  for (const [first, last] of ranges) {
    for (let port = first; port <= last; port++) {
      if ((port & 7) === 0 && last - port >= 7) {
        bits[port >>> 3] = 0xff
        port += 7
      } else {
        bits[port >>> 3] = (bits[port >>> 3] ?? 0) | (1 << (port & 7))
      }
    }
  }

  return function isPortListed(port) {
    return ((bits[port >>> 3] ?? 0) & (1 << (port & 7))) !== 0
  }
}

/**
 * `443,8000-8100` or `any` → ranges in the order written. Undefined for anything
 * else: an empty item, port 0, a port over 65535, a range whose end comes first.
 */
export function parsePortList(text: string): readonly PortRange[] | undefined {
  if (text.trim() === 'any') return EVERY_PORT
  const ranges: PortRange[] = []
  for (const item of text.split(',')) {
    const range = parsePortRange(item.trim())
    if (range === undefined) return undefined
    ranges.push(range)
  }
  return ranges
}

function parsePortRange(text: string): PortRange | undefined {
  const dash = text.indexOf('-')
  const first = parsePort(dash === -1 ? text : text.slice(0, dash).trimEnd())
  const last = dash === -1 ? first : parsePort(text.slice(dash + 1).trimStart())
  return first !== 0 && last >= first ? [first, last] : undefined
}
