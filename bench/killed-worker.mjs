// npm run bench:kill -- [--seconds 10] [--rate 50] [--workers 2] [--kill 1]
// GETs at a steady rate, each on a connection of its own, while workers of veilgate are killed (SIGKILL) in the middle:
// how many fail, how long others wait, when those that follow are there.
import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { startOrigin } from './proxy/measure.mjs'
import { installedPeers } from './proxy/peers.mjs'
import { runPeer } from './proxy/run-peer.mjs'
import { percentile, steadyGets } from './proxy/steady-gets.mjs'
import { printSection } from './report/table.mjs'

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '10' },
    rate: { type: 'string', default: '50' },
    workers: { type: 'string', default: '2' },
    kill: { type: 'string', default: '1' },
  },
})
const [seconds, rate] = [Number(values.seconds), Number(values.rate)]
const [workers, killed] = [Number(values.workers), Number(values.kill)]
const POLL_MS = 5

const origin = await startOrigin()
const rows = []
try {
  for (const peer of installedPeers().filter(({ isOurs }) => isOurs)) rows.push(await measure(peer))
} finally {
  origin.stop()
}
printSection({
  name: 'killed',
  title: `${killed} of ${workers} workers killed after ${seconds / 2} s of ${rate} GET/s`,
  rows,
  columns: [
    ['', ({ name }) => name],
    ['answers', ({ answers }) => JSON.stringify(answers)],
    ['p50 ms', ({ latencies }) => percentile(latencies, 0.5).toFixed(1)],
    ['longest wait ms', ({ latencies }) => latencies.at(-1).toFixed(0)],
    ['next process after ms', ({ nextMs }) => nextMs.toFixed(0)],
  ],
})

async function measure(peer) {
  const command = (port, folder) => [...peer.command(port, folder), '--workers', String(workers)]
  const proxy = await runPeer({ ...peer, command }, origin.ports.http)
  try {
    await until(() => childrenOf(proxy.pid).length === workers)
    const task = { proxy: proxy.port, http: origin.ports.http, from: '127.0.0.2', rate }
    const load = steadyGets(task, seconds)
    await sleep((seconds * 1_000) / 2)
    const victims = childrenOf(proxy.pid).slice(0, killed)
    for (const pid of victims) process.kill(pid, 'SIGKILL')
    const start = performance.now()
    const isReplaced = (pids) => pids.length === workers && !pids.some((pid) => victims.includes(pid))
    await until(() => isReplaced(childrenOf(proxy.pid)))
    const nextMs = performance.now() - start
    return { name: `${peer.name} ${peer.version}`, nextMs, ...(await load) }
  } finally {
    await proxy.stop()
  }
}

function childrenOf(pid) {
  return readFileSync(`/proc/${pid}/task/${pid}/children`, 'latin1').trim().split(' ').filter(Boolean).map(Number)
}

async function until(isTrue) {
  while (!isTrue()) await sleep(POLL_MS)
}
