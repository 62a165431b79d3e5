import { isIPv4 } from 'node:net'
import { createLastingMap } from '../lasting-map.js'

export type ClientCounts = {
  /** One more for this client; false, and not counted, when it has `limit` already. */
  enter(ip: string, limit: number): boolean
  leave(ip: string): void
  readonly total: number
  /** That ever entered. */
  readonly entered: number
}

/** Counts what each client has open. IPv6 clients are counted by /64: one subscriber owns all of it (RFC 6177). */
export function createClientCounts(): ClientCounts {
  const counts = createLastingMap<{ open: number }>(({ open }) => open === 0)
  let total = 0
  let entered = 0

  return {
    get total() {
      return total
    },
    get entered() {
      return entered
    },
    enter(ip, limit) {
      const key = subscriber(ip)
      const known = counts.get(key)
      const open = known?.open ?? 0
      if (open >= limit) return false
      if (known === undefined) counts.add(key, { open: 1 })
      else known.open++
      total++
      entered++
      return true
    },
    leave(ip) {
      const known = counts.get(subscriber(ip))
      if (known === undefined || known.open === 0) return
      known.open--
      total--
    },
  }
}

function subscriber(ip: string): string {
  if (isIPv4(ip)) return ip
  if (ip.startsWith('::ffff:')) return ip.slice(7)
  const [head = '', tail] = ip.split('::')
  const groups = head === '' ? [] : head.split(':')
  const tailLength = tail === undefined || tail === '' ? 0 : tail.split(':').length
  const zeros = tail === undefined ? 0 : 8 - groups.length - tailLength
  return [...groups, ...Array<string>(Math.max(0, zeros)).fill('0'), ...(tail ?? '').split(':')].slice(0, 4).join(':')
}
