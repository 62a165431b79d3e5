// npm run bench:slow-clients -- [--connections 1000] [--seconds 15] [--rounds 2] [--rate 50] [--peers 'veilgate js,squid'] [--json FILE]
// How long a client at 127.0.0.2 waits while slowhttptest attacks from 127.0.0.1, as a share of how long it waits in quiet
// times just before. Exit code 1 where a GET of that client through veilgate fails; how long it took is only printed.
import { writeFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { startOrigin } from './proxy/measure.mjs'
import { installedPeers } from './proxy/peers.mjs'
import { runPeer } from './proxy/run-peer.mjs'
import { ATTACKS, connectionsTo, expectSlowhttptest, startAttack } from './proxy/slowhttptest.mjs'
import { percentile, steadyGets } from './proxy/steady-gets.mjs'
import { printSection } from './report/table.mjs'

const ATTACKER = '127.0.0.1'
const BYSTANDER = '127.0.0.2'
/** More than limits.perClient of veilgate, which refuses the rest. */
const TOO_MANY = 5_000
/** A fifth of them a second. */
const RAMP_SECONDS = 5
const SETTLING_MS = 2_000
/** What the p99 may grow by. */
const TARGET = 3

const { values } = parseArgs({
  options: {
    connections: { type: 'string', default: '1000' },
    seconds: { type: 'string', default: '15' },
    rounds: { type: 'string', default: '2' },
    rate: { type: 'string', default: '50' },
    peers: { type: 'string' },
    json: { type: 'string' },
  },
})
const [connections, seconds, rounds] = [Number(values.connections), Number(values.seconds), Number(values.rounds)]
const rate = Number(values.rate)
const wanted = values.peers?.split(',') ?? ['squid', 'tinyproxy', 'veilgate native', 'veilgate js']
const peers = installedPeers().filter(({ name }) => wanted.includes(name))

await expectSlowhttptest()
const { ports, stop } = await startOrigin()
const rows = []
try {
  for (const peer of peers) {
    for (const letter of Object.keys(ATTACKS)) await measure(peer, letter, connections)
    if (peer.isOurs) await measure(peer, 'B', TOO_MANY)
  }
} finally {
  stop()
}
report()

async function measure(peer, letter, size) {
  process.stderr.write(`\r${peer.name}  -${letter} ${size}`.padEnd(40))
  const proxy = await runPeer(peer, ports.http)
  const task = { proxy: proxy.port, http: ports.http, from: BYSTANDER, rate }
  const row = { peer, letter, size, quiet: [], attacked: [], answers: {}, attackersAnswers: {}, held: 0 }
  try {
    for (let round = 0; round < rounds; round++) {
      row.quiet.push(...(await steadyGets(task, seconds)).latencies)
      const attack = startAttack(letter, task, { connections: size, perSecond: size / RAMP_SECONDS })
      const [bystander, attacker] = await Promise.all([
        steadyGets(task, seconds),
        steadyGets({ ...task, from: ATTACKER, rate: 1 }, seconds),
      ])
      row.attacked.push(...bystander.latencies)
      add(row.answers, bystander.answers)
      add(row.attackersAnswers, attacker.answers)
      row.held = Math.max(row.held, connectionsTo(proxy.port))
      await attack.stop()
      await sleep(SETTLING_MS)
    }
  } finally {
    await proxy.stop()
  }
  for (const latencies of [row.quiet, row.attacked]) latencies.sort((a, b) => a - b)
  rows.push(row)
}

function add(sums, answers) {
  for (const [answer, times] of Object.entries(answers)) sums[answer] = (sums[answer] ?? 0) + times
}

function report() {
  process.stderr.write('\n')
  const ms = (latencies, share) => percentile(latencies, share).toFixed(1)
  const ratio = ({ quiet, attacked }) => percentile(attacked, 0.99) / percentile(quiet, 0.99)
  printSection({
    name: 'slow clients',
    title: `GETs from ${BYSTANDER}, ${rate}/s, quiet and under slowhttptest from ${ATTACKER}; ${rounds} × ${seconds} s of each`,
    rows,
    columns: [
      ['', ({ peer, letter, size }) => `${peer.name} ${peer.version}  -${letter} ${size}`],
      ['held', ({ held }) => String(held)],
      ['p50 quiet', ({ quiet }) => ms(quiet, 0.5)],
      ['attacked', ({ attacked }) => ms(attacked, 0.5)],
      ['p99 quiet', ({ quiet }) => ms(quiet, 0.99)],
      ['attacked', ({ attacked }) => ms(attacked, 0.99)],
      ['ratio', (row) => ratio(row).toFixed(2)],
      ['answers', ({ answers }) => JSON.stringify(answers)],
      [`GETs from ${ATTACKER}`, ({ attackersAnswers }) => JSON.stringify(attackersAnswers)],
    ],
    notes: Object.entries(ATTACKS).map(([letter, { title }]) => `-${letter}  ${title}`),
  })
  const ours = rows.filter(({ peer }) => peer.isOurs)
  const judged = ours.filter(({ size }) => size === connections)
  const missed = judged.filter((row) => ratio(row) > TARGET)
  console.log(
    `target: p99 of veilgate within ${TARGET} × of the quiet one: ${missed.length === 0 ? 'met' : `missed in ${missed.length} of ${judged.length}`}`,
  )
  if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(rows.map(summary), null, 2)}\n`)
  process.exitCode = ours.every(({ answers }) => Object.keys(answers).join() === '200') ? 0 : 1
}

function summary({ peer: { name, version }, quiet, attacked, ...rest }) {
  const figures = (latencies) => ({ p50: percentile(latencies, 0.5), p99: percentile(latencies, 0.99) })
  return { name, version, ...rest, quiet: figures(quiet), attacked: figures(attacked) }
}
