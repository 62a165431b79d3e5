// Time of work. CPU time is that of all threads: what one core needs for it, whoever else uses the machine.
import { performance } from 'node:perf_hooks'

/** @typedef {{ wallMs: number, cpuMs: number }} Time */

/**
 * @template T
 * @param {() => T | Promise<T>} work
 * @returns {Promise<Time & { value: T }>}
 */
export async function timed(work) {
  const start = performance.now()
  const before = process.cpuUsage()
  const value = await work()
  const { user, system } = process.cpuUsage(before)
  return { wallMs: performance.now() - start, cpuMs: (user + system) / 1000, value }
}

const WARM_UPS = 2
const ROUNDS = 9

/**
 * CPU time of one lookup, the median of several rounds, in nanoseconds.
 *
 * @template Query
 * @param {(host: string) => Query} toQuery made anew for each round, so that no engine finds work of the last one in it
 * @param {(query: Query) => boolean} isBlocked
 * @param {readonly string[]} hosts
 * @param {boolean} expected the answer to every one of them
 */
export function lookupNs(toQuery, isBlocked, hosts, expected) {
  const rounds = []
  for (let round = -WARM_UPS; round < ROUNDS; round++) {
    const queries = hosts.map(toQuery)
    let blocked = 0
    const before = process.cpuUsage()
    for (let i = 0; i < queries.length; i++) if (isBlocked(queries[i])) blocked++
    const { user, system } = process.cpuUsage(before)
    if (blocked !== (expected ? hosts.length : 0)) {
      throw new Error(`${blocked} of ${hosts.length} hosts are blocked, expected ${expected ? 'all' : 'none'}`)
    }
    if (round >= 0) rounds.push(((user + system) * 1000) / hosts.length)
  }
  return median(rounds)
}

/** @param {readonly number[]} values */
export function median(values) {
  const inOrder = [...values].sort((a, b) => a - b)
  const middle = inOrder.length >> 1
  return inOrder.length % 2 === 1 ? inOrder[middle] : (inOrder[middle - 1] + inOrder[middle]) / 2
}
