// The load on a proxy, run as a child: node load.mjs '{"mode":"get","proxy":3128,"http":8080,"echo":8081,"connections":32,"seconds":5}'
// Writes `warm` when it has warmed up and again when the time is over, then its result as a line of JSON.
import { performance } from 'node:perf_hooks'
import { setTimeout as sleep } from 'node:timers/promises'
import { runBulk } from './load/bulk.mjs'
import { runIdle } from './load/idle.mjs'
import { runUnits } from './load/units.mjs'

/**
 * @typedef {object} Task
 * @property {'get' | 'get-close' | 'connect' | 'down' | 'up' | 'idle'} mode
 * @property {number} proxy port, on 127.0.0.1 like the others
 * @property {number} http of the origin
 * @property {number} echo of the origin
 * @property {number} connections under way at a time
 * @property {number} [exchanges] in one tunnel, all but the last of them small; 1 where it is not given
 * @property {number} seconds
 * @property {number} [warmUpSeconds] 1 where it is not given
 */

const task = JSON.parse(process.argv[2])
const counted = { units: 0, bytes: 0, errors: 0, latencies: [] }
const run = { get: runUnits, 'get-close': runUnits, connect: runUnits, down: runBulk, up: runBulk, idle: runIdle }[
  task.mode
]

const load = run(task, counted)
if (task.mode === 'idle') await load.ready
else await sleep((task.warmUpSeconds ?? 1) * 1_000)
Object.assign(counted, { units: 0, bytes: 0, errors: 0, latencies: [] })
const start = performance.now()
console.log('warm')
await sleep(task.seconds * 1_000)
console.log('over')
const { units, bytes, errors, latencies } = counted
const seconds = (performance.now() - start) / 1_000
const alive = task.mode === 'idle' ? await load.countAlive() : undefined
latencies.sort((a, b) => a - b)
const percentile = (share) => latencies[Math.min(latencies.length - 1, Math.floor(latencies.length * share))]
console.log(JSON.stringify({ units, bytes, errors, seconds, alive, p50Ms: percentile(0.5), p99Ms: percentile(0.99) }))
process.exit(0)
