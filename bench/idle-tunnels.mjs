// npm run bench:idle -- [--tunnels 9000] [--minutes 10] [--rate 100] [--peers 'veilgate native,squid'] [--json FILE]
// Idle tunnels beside a load of GETs. At the end each tunnel is asked whether it echoes. Exit code 1 where veilgate loses
// one or fails a GET; the others are what it is compared with.
import { spawn } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { slope } from './measure/slope.mjs'
import { startOrigin } from './proxy/measure.mjs'
import { installedPeers } from './proxy/peers.mjs'
import { figuresOf } from './proxy/process-figures.mjs'
import { runPeer } from './proxy/run-peer.mjs'
import { percentile, steadyGets } from './proxy/steady-gets.mjs'
import { printSection } from './report/table.mjs'

const LOAD = fileURLToPath(new URL('proxy/load.mjs', import.meta.url))
const MEBIBYTE = 1024 ** 2
const GETS_FROM = '127.0.0.100'
const { values } = parseArgs({
  options: {
    tunnels: { type: 'string', default: '9000' },
    minutes: { type: 'string', default: '10' },
    rate: { type: 'string', default: '100' },
    peers: { type: 'string' },
    json: { type: 'string' },
  },
})
const [tunnels, minutes, rate] = [Number(values.tunnels), Number(values.minutes), Number(values.rate)]
const wanted = values.peers?.split(',')
const peers = installedPeers().filter(({ name, isOurs }) => wanted?.includes(name) ?? isOurs)
/** What is allocated once for good is there by then. */
const SETTLED_MINUTES = Math.min(1, minutes / 3)
const SAMPLE_MS = Math.min(5_000, minutes * 3_000)

const rows = []
const { ports, stop } = await startOrigin()
try {
  for (const peer of peers)
    rows.push({ ...(await hold(peer)), name: `${peer.name} ${peer.version}`, isOurs: peer.isOurs })
} finally {
  stop()
}
report()

async function hold(peer) {
  const proxy = await runPeer(peer, ports.http)
  try {
    const task = { mode: 'idle', proxy: proxy.port, ...ports, connections: tunnels, seconds: minutes * 60 }
    const load = spawn(process.execPath, [LOAD, JSON.stringify(task)], { stdio: ['ignore', 'pipe', 'inherit'] })
    const lines = createInterface({ input: load.stdout })[Symbol.asyncIterator]()
    await lines.next()
    const gets = steadyGets({ proxy: proxy.port, http: ports.http, from: GETS_FROM, rate }, minutes * 60)
    const samples = []
    const over = lines.next().then(() => true)
    const start = performance.now()
    do {
      const { residentBytes, descriptors } = figuresOf(proxy.pid)
      samples.push({ minute: (performance.now() - start) / 60_000, mebibytes: residentBytes / MEBIBYTE, descriptors })
    } while (!(await Promise.race([over, sleep(SAMPLE_MS)])))
    const { latencies, answers } = await gets
    const { alive } = JSON.parse((await lines.next()).value)
    return { alive, answers, p50: percentile(latencies, 0.5), p99: percentile(latencies, 0.99), samples }
  } finally {
    await proxy.stop()
  }
}

function report() {
  const settled = ({ samples }) => samples.filter(({ minute }) => minute >= SETTLED_MINUTES)
  const fixed = (digits, of) => (row) => of(row).toFixed(digits)
  printSection({
    name: 'idle',
    title: `${tunnels} idle tunnels for ${minutes} min beside ${rate} GET/s`,
    rows,
    columns: [
      ['', ({ name }) => name],
      ['alive', ({ alive }) => String(alive)],
      ['answers', ({ answers }) => JSON.stringify(answers)],
      ['p50 ms', fixed(1, ({ p50 }) => p50)],
      ['p99 ms', fixed(1, ({ p99 }) => p99)],
      [`MiB at min ${SETTLED_MINUTES.toFixed(1)}`, fixed(1, (row) => settled(row)[0].mebibytes)],
      ['at the end', fixed(1, (row) => row.samples.at(-1).mebibytes)],
      ['MiB/min', fixed(3, (row) => slope(settled(row).map(({ minute, mebibytes }) => [minute, mebibytes])))],
      ['descriptors', ({ samples }) => String(Math.max(...samples.map(({ descriptors }) => descriptors)))],
    ],
  })
  if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(rows, null, 2)}\n`)
  const isWhole = ({ alive, answers }) => alive === tunnels && Object.keys(answers).join() === '200'
  process.exitCode = rows.every((row) => !row.isOurs || isWhole(row)) ? 0 : 1
}
