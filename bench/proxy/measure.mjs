// One figure of one proxy: a fresh process, a warm-up, and what the system counted in between.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { figuresOf } from './process-figures.mjs'

const LOAD = fileURLToPath(new URL('load.mjs', import.meta.url))
const ORIGIN = fileURLToPath(new URL('origin.mjs', import.meta.url))
const PARENT = fileURLToPath(new URL('socks-parent.mjs', import.meta.url))
const GIBIBYTE = 1024 ** 3
const START_WITHIN_MS = 20_000
const SETTLING_MS = 1_500

/** Starts the origin, and a SOCKS5 parent. @returns {Promise<{ ports: Ports, stop: () => void }>} */
export async function startOrigin() {
  const [origin, parent] = await Promise.all([startChild(ORIGIN), startChild(PARENT)])
  return {
    ports: { ...origin.said, parent: parent.said },
    stop() {
      origin.child.kill('SIGKILL')
      parent.child.kill('SIGKILL')
    },
  }
}

async function startChild(file) {
  const child = spawn(process.execPath, [file], { stdio: ['ignore', 'pipe', 'inherit'] })
  const [line] = await once(createInterface({ input: child.stdout }), 'line')
  return { child, said: JSON.parse(line) }
}

/** @typedef {{ http: number, echo: number, parent: number }} Ports of the origin, and of the parent */

/**
 * @param {import('./peers.mjs').Peer} peer
 * @param {Ports} ports
 * @param {{ mode: string, connections: number, seconds: number, isThroughParent?: boolean }} task
 * @returns {Promise<Record<string, number>>} what was measured, by figure
 */
export async function measure(peer, ports, task) {
  const folder = mkdtempSync(join(tmpdir(), 'veilgate-bench-'))
  const port = await freePort()
  const parent = task.isThroughParent ? `socks5h://127.0.0.1:${ports.parent}` : undefined
  const [program, ...args] = peer.command(port, folder, parent)
  const child = spawn(program, args, { stdio: 'ignore', cwd: folder })
  try {
    const startMs = await untilAnswered(port, ports.http)
    if (task.mode === 'start') {
      await sleep(SETTLING_MS)
      return { startMs, restingBytes: figuresOf(child.pid).residentBytes }
    }
    return await underLoad(child.pid, { ...task, proxy: port, ...ports })
  } finally {
    const ended = once(child, 'exit')
    child.kill('SIGKILL')
    await ended
    rmSync(folder, { recursive: true, force: true })
  }
}

async function underLoad(pid, task) {
  const resting = figuresOf(pid).residentBytes
  const load = spawn(process.execPath, [LOAD, JSON.stringify(task)], { stdio: ['ignore', 'pipe', 'inherit'] })
  const lines = createInterface({ input: load.stdout })[Symbol.asyncIterator]()
  await lines.next()
  const before = figuresOf(pid)
  await lines.next()
  const after = figuresOf(pid)
  const result = JSON.parse((await lines.next()).value)
  const cpuMs = after.cpuMs - before.cpuMs
  const { units, bytes, errors, seconds, alive, p50Ms, p99Ms } = result
  if (errors > (units + bytes) / 100) throw new Error(`${errors} of ${units} exchanges failed`)
  if (task.mode === 'idle') {
    if (alive < task.connections) throw new Error(`${task.connections - alive} of ${task.connections} tunnels are gone`)
    return { bytesPerTunnel: (before.residentBytes - resting) / task.connections }
  }
  if (bytes > 0) return { secondsPerGib: cpuMs / 1_000 / (bytes / GIBIBYTE), perSecond: bytes / seconds }
  return { usPerUnit: (cpuMs * 1_000) / units, perSecond: units / seconds, p50Ms, p99Ms }
}

/** From the start of a process to its first answer, in ms. */
async function untilAnswered(port, originPort) {
  const start = performance.now()
  for (;;) {
    if (await isAnswered(port, originPort)) return performance.now() - start
    if (performance.now() - start > START_WITHIN_MS) throw new Error('it did not start')
    await sleep(5)
  }
}

function isAnswered(port, originPort) {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' })
    socket.write(`GET http://127.0.0.1:${originPort}/ HTTP/1.1\r\nHost: 127.0.0.1:${originPort}\r\n\r\n`)
    socket.once('data', (bytes) => {
      socket.destroy()
      resolve(bytes.latin1Slice(8, 12) === ' 200')
    })
    socket.on('error', () => resolve(false))
  })
}

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address()
  server.close()
  return port
}
