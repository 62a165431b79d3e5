// npm run soak -- --minutes N [--rate R] [--tunnels N]: clients of every kind at a steady rate, reloads each minute, every octet
// checked by its digest. Exit code 1 on any failure, or where memory or descriptors grow.
import { spawn } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { slope } from '../../bench/measure/slope.mjs'
import { Corrupted, createClients } from './clients.mjs'
import { startOrigins } from './origin.mjs'

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '1' },
    rate: { type: 'string', default: '150' },
    tunnels: { type: 'string', default: '200' },
  },
})
const [minutes, rate, tunnels] = [Number(values.minutes), Number(values.rate), Number(values.tunnels)]
const durationMs = minutes * 60_000
/** A short run has reloads too. */
const RELOAD_MS = Math.min(60_000, durationMs / 4)
const SAMPLE_MS = Math.min(5_000, durationMs / 20)
const TICK_MS = 20
/** A client that has not ended by then has failed. */
const PATIENCE_MS = 30_000

const RULES = ['block blocked.test\n', 'block other.test\nblock blocked.test  # on another line\n']
const folder = mkdtempSync(join(tmpdir(), 'veilgate-soak-'))
process.on('exit', () => rmSync(folder, { recursive: true, force: true }))
writeFileSync(join(folder, 't.rules'), RULES[0])
writeFileSync(
  join(folder, 'veilgate.yaml'),
  `
listen: [http://127.0.0.1:0]
rules: { files: [t.rules] }
egress: { guard: { allow: [127.0.0.0/8] }, connectPorts: any }
admin: { listen: http://127.0.0.1:0 }
# the idle tunnels last for the whole run
limits: { tunnelIdleTimeout: ${Math.ceil(minutes) + 15}m }
cache: off
control: off
log: { access: { file: access.log, format: json } }
`,
)

const origins = await startOrigins()
const proxy = await startProxy()
const clients = createClients({ proxyPort: proxy.port, ...origins })
const atRest = descriptors()
const held = await Promise.all(Array.from({ length: tunnels }, () => clients.hold()))

const wheel = clients.kinds.flatMap(([name, share, act]) => Array(share).fill([name, act]))
const done = Object.fromEntries(clients.kinds.map(([name]) => [name, 0]))
const failures = []
const latencies = []
const samples = []
let corrupted = 0
let reloads = 0
const underWay = new Set()

const startedAt = performance.now()
const elapsed = () => performance.now() - startedAt
let started = 0
let nextReload = RELOAD_MS
let nextSample = 0
while (elapsed() < durationMs) {
  for (const due = (elapsed() / 1_000) * rate; started < due; started++) begin()
  if (elapsed() >= nextReload) {
    nextReload += RELOAD_MS
    writeFileSync(join(folder, 't.rules'), RULES[++reloads % 2])
    process.kill(proxy.pid, 'SIGHUP')
  }
  if (elapsed() >= nextSample) {
    nextSample += SAMPLE_MS
    samples.push({ minute: elapsed() / 60_000, memory: memory(), descriptors: descriptors() })
  }
  await sleep(TICK_MS)
}
await Promise.all(underWay)
const alive = (await Promise.all(held.map((tunnel) => tunnel.isAlive().catch(() => false)))).filter(Boolean).length
clients.close()
await sleep(1_000)
const metrics = await (await fetch(`${proxy.admin}/metrics`)).text()
const internal = Number(/error="VG_INTERNAL"\} (\d+)/.exec(metrics)?.[1])
const lag = /eventloop_lag_seconds\{quantile="1"\} (\S+)/.exec(metrics)?.[1]
const active = Number(/veilgate_connections_active (\d+)/.exec(metrics)?.[1])
const left = descriptors()
process.kill(proxy.pid, 'SIGTERM')
const exitCode = await proxy.ended
origins.close()
report()

function begin() {
  const [name, act] = wheel[Math.floor(Math.random() * wheel.length)]
  const begun = performance.now()
  const patience = sleep(PATIENCE_MS).then(() => Promise.reject(new Error('no end')))
  patience.catch(() => {})
  const one = Promise.race([act(), patience])
    .then(() => {
      done[name]++
      if (name === 'get') latencies.push(performance.now() - begun)
    })
    .catch((error) => {
      if (error instanceof Corrupted) corrupted++
      failures.push(`${name}: ${error.message}`)
    })
    .finally(() => underWay.delete(one))
  underWay.add(one)
}

function report() {
  latencies.sort((a, b) => a - b)
  const at = (share) => latencies[Math.floor(latencies.length * share)]?.toFixed(1)
  // what is allocated once for good is there after a third of a short run, and after five minutes of a long one
  const settled = samples.filter(({ minute }) => minute >= Math.min(5, minutes / 3))
  const [first, last] = [settled[0], settled.at(-1)]
  const growth = (last.memory / first.memory - 1) * 100
  const said = proxy.said()
  const problems = [
    ...failures.slice(0, 10),
    ...(alive < tunnels ? [`${tunnels - alive} of ${tunnels} idle tunnels do not echo`] : []),
    ...(internal > 0 ? [`${internal} faults of veilgate's own`] : []),
    ...(active > 0 ? [`${active} connections are left`] : []),
    ...(said.split('reloaded: ').length - 1 < reloads ? ['a reload was not done'] : []),
    // connections to origins wait a while for another request; they are all that may be left
    ...(left > atRest + 80 ? [`${left} descriptors are left, ${atRest} at rest`] : []),
    ...(minutes >= 10 && growth > 5 ? [`memory grew by ${growth.toFixed(1)} %`] : []),
    ...(exitCode !== 0 ? [`exit code ${exitCode}: ${said.slice(-2_000)}`] : []),
  ]
  console.log(`requests    ${Object.values(done).reduce((sum, n) => sum + n)}  ${JSON.stringify(done)}`)
  console.log(`failures    ${failures.length}, corrupted ${corrupted}`)
  console.log(`reloads     ${reloads}`)
  console.log(`tunnels     ${alive} of ${tunnels} idle ones echo after ${minutes} min`)
  console.log(`latency     get, kept connection: p50 ${at(0.5)} ms, p99 ${at(0.99)} ms, p99.9 ${at(0.999)} ms`)
  console.log(
    `memory      ${mebi(samples[0].memory)} at the start, ${mebi(first.memory)} at minute ${first.minute.toFixed(1)}, ` +
      `${mebi(last.memory)} at the end (${growth.toFixed(1)} %), slope ${(slope(settled.map(({ minute, memory }) => [minute, memory])) / 1_024).toFixed(3)} MiB/min`,
  )
  console.log(
    `descriptors ${atRest} at rest, at most ${Math.max(...samples.map((s) => s.descriptors))}, ${left} at the end`,
  )
  console.log(`event loop  worst lag ${lag} s`)
  for (const problem of problems) console.log(`FAILED: ${problem}`)
  process.exit(problems.length === 0 ? 0 : 1)
}

/** Resident, in KiB. */
function memory() {
  return Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${proxy.pid}/status`, 'utf8'))?.[1])
}

function descriptors() {
  return readdirSync(`/proc/${proxy.pid}/fd`).length
}

function mebi(kibi) {
  return `${(kibi / 1_024).toFixed(1)} MiB`
}

async function startProxy() {
  const bin = fileURLToPath(new URL('../../bin/veilgate', import.meta.url))
  const child = spawn(bin, ['start', '--json', '--config', join(folder, 'veilgate.yaml')], { stdio: 'pipe' })
  process.on('exit', () => child.kill('SIGKILL'))
  const output = { out: '', err: '' }
  child.stdout.on('data', (data) => {
    output.out += data
  })
  child.stderr.on('data', (data) => {
    output.err += data
  })
  const ended = new Promise((end) => child.on('exit', (code, signal) => end(signal ?? code)))
  while (!output.out.includes('\n')) {
    if (child.exitCode !== null) throw new Error(output.err)
    await sleep(20)
  }
  const { port } = new URL(JSON.parse(output.out).listening[0])
  const [, admin] = /health on (\S+)/.exec(output.err)
  return { pid: child.pid, port: Number(port), admin, ended, said: () => output.err }
}

function sleep(ms) {
  return new Promise((end) => setTimeout(end, ms))
}
