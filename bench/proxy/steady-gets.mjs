// A client that asks at a steady rate, however long the answers take: what others do to a proxy shows in how long it waits.
import { request } from 'node:http'
import { performance } from 'node:perf_hooks'
import { setTimeout as sleep } from 'node:timers/promises'

/** An answer that has not come by then never does. */
const PATIENCE_MS = 10_000

/**
 * GETs of 1 KiB, each on a connection of its own, so that being let in is part of what is measured.
 *
 * @param {{ proxy: number, http: number, from: string, rate: number }} task ports on 127.0.0.1, the address of the client, GETs a second
 * @param {number} seconds
 * @returns {Promise<{ latencies: number[], answers: Record<string, number> }>} ms from the moment a GET was due, in
 *   ascending order; how often each status, or error, came
 */
export async function steadyGets(task, seconds) {
  const latencies = []
  const answers = {}
  const underWay = []
  const start = performance.now()
  for (let asked = 0; asked < seconds * task.rate; asked++) {
    const due = start + (asked * 1_000) / task.rate
    if (due > performance.now()) await sleep(due - performance.now())
    const one = get(task).then((answer) => {
      answers[answer] = (answers[answer] ?? 0) + 1
      latencies.push(performance.now() - due)
    })
    underWay.push(one)
  }
  await Promise.all(underWay)
  return { latencies: latencies.sort((a, b) => a - b), answers }
}

/** @param {readonly number[]} inOrder @param {number} share 0.99 */
export function percentile(inOrder, share) {
  return inOrder[Math.min(inOrder.length - 1, Math.floor(inOrder.length * share))]
}

/** The status of one answer that came whole, or what went wrong. */
function get({ proxy, http, from }) {
  return new Promise((resolve) => {
    const path = `http://127.0.0.1:${http}/`
    const asked = request({ host: '127.0.0.1', port: proxy, localAddress: from, path, agent: false }, (response) => {
      response.on('error', ({ code }) => resolve(code))
      response.on('end', () => resolve(String(response.statusCode)))
      response.resume()
    })
    asked.setTimeout(PATIENCE_MS, () => asked.destroy(Object.assign(new Error(), { code: 'no answer' })))
    asked.on('error', ({ code, message }) => resolve(code ?? message))
    asked.end()
  })
}
