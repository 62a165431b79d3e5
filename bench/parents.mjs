// npm run bench:parents -- [--rounds 3] [--seconds 3] [--engines native,js] [--parents microsocks,squid]
// What a GiB through a tunnel costs veilgate directly and through real parents, those of them that are installed, in turn. With two
// processors or more veilgate has the first one, and all others share the second. It fails only where octets do not arrive.
import { execFileSync, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { cpus } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { median } from './measure/time.mjs'
import { measure, startOrigin } from './proxy/measure.mjs'
import { installedPeers } from './proxy/peers.mjs'
import { freePort, runPeer } from './proxy/run-peer.mjs'
import { printSection } from './report/table.mjs'

const CONNECTIONS = 8
const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '3' },
    seconds: { type: 'string', default: '3' },
    engines: { type: 'string', default: 'native,js' },
    parents: { type: 'string' },
  },
})
const [rounds, seconds] = [Number(values.rounds), Number(values.seconds)]
const isPinned = cpus().length > 1 && existsSync('/usr/bin/taskset')
// what is started from here on inherits it
if (isPinned) execFileSync('taskset', ['-cp', '1', String(process.pid)])

const peers = installedPeers()
const engines = peers.filter(({ isOurs, name }) => isOurs && values.engines.split(',').includes(name.split(' ')[1]))
const { ports, stop } = await startOrigin()
const parents = await startParents()
try {
  const rows = engines.map((peer) => ({ peer: withProcessor(peer), figures: new Map() }))
  for (let round = 0; round < rounds; round++) {
    for (const mode of ['down', 'up']) {
      for (const { peer, figures } of rows) {
        for (const { name, url } of [{ name: 'direct' }, ...parents]) {
          process.stderr.write(`\r${round + 1}/${rounds}  ${peer.name} ${mode} ${name}          `)
          const task = { mode, connections: CONNECTIONS, seconds, parent: url }
          const { secondsPerGib } = await measure(peer, ports, task)
          const key = `${mode} ${name}`
          if (secondsPerGib === undefined) throw new Error(`${peer.name}, ${key}: no octet has arrived`)
          figures.set(key, [...(figures.get(key) ?? []), secondsPerGib])
        }
      }
    }
  }
  process.stderr.write('\n')
  print(rows)
} finally {
  for (const parent of parents) await parent.stop()
  stop()
}

function withProcessor(peer) {
  if (!isPinned) return peer
  return { ...peer, command: (...started) => ['taskset', '-c', '0', ...peer.command(...started)] }
}

/** Those that are installed, by name, each with its URL. */
async function startParents() {
  const wanted = values.parents?.split(',') ?? ['veilgate native', 'squid', 'microsocks']
  const started = []
  for (const peer of peers.filter(({ name }) => wanted.includes(name))) {
    const { port, stop } = await runPeer(peer, ports.http)
    started.push({ name: peer.name, url: `http://127.0.0.1:${port}`, stop })
  }
  if (wanted.includes('microsocks') && existsSync('/usr/bin/microsocks')) started.push(await startMicrosocks())
  return started
}

async function startMicrosocks() {
  const port = await freePort()
  const child = spawn('microsocks', ['-i', '127.0.0.1', '-p', String(port)], { stdio: 'ignore' })
  process.on('exit', () => child.kill('SIGKILL'))
  await sleep(500)
  return { name: 'microsocks', url: `socks5h://127.0.0.1:${port}`, stop: () => child.kill('SIGKILL') }
}

function print(rows) {
  const keys = [...(rows[0]?.figures.keys() ?? [])]
  printSection({
    name: 'parents',
    title: `CPU of veilgate, s/GiB, medians of ${rounds} rounds of ${seconds} s; in brackets the least and the most`,
    rows: keys,
    columns: [['', (key) => key], ...rows.map(({ peer, figures }) => [peer.name, (key) => cell(figures.get(key))])],
  })
}

function cell(all) {
  const [least, most] = [Math.min(...all), Math.max(...all)]
  return `${median(all).toFixed(2)} (${least.toFixed(2)}–${most.toFixed(2)})`
}
