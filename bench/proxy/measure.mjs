// One figure of one proxy: a fresh process, a warm-up, and what the system counted in between.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { figuresOf } from './process-figures.mjs'
import { runPeer } from './run-peer.mjs'

const LOAD = fileURLToPath(new URL('load.mjs', import.meta.url))
const ORIGIN = fileURLToPath(new URL('origin.mjs', import.meta.url))
const PARENT = fileURLToPath(new URL('parent.mjs', import.meta.url))
const GIBIBYTE = 1024 ** 3
const SETTLING_MS = 1_500

/** Starts the origin, and what may stand before it. @returns {Promise<{ ports: Ports, stop: () => void }>} */
export async function startOrigin() {
  const origin = await startChild(ORIGIN)
  const parent = await startChild(PARENT, origin.said.http)
  return {
    ports: { ...origin.said, ...parent.said },
    stop() {
      origin.child.kill('SIGKILL')
      parent.child.kill('SIGKILL')
    },
  }
}

async function startChild(file, ...args) {
  const child = spawn(process.execPath, [file, ...args], { stdio: ['ignore', 'pipe', 'inherit'] })
  const [line] = await once(createInterface({ input: child.stdout }), 'line')
  return { child, said: JSON.parse(line) }
}

/** @typedef {'direct' | 'relay' | 'socks'} Way to the origin; see parent.mjs */
/** @typedef {{ http: number, echo: number, socks: number, relay: number }} Ports of the origin, and of what may stand before it */

/**
 * @param {import('./peers.mjs').Peer} peer
 * @param {Ports} ports
 * @param {{ mode: string, connections: number, seconds: number, way?: Way, parent?: string, exchanges?: number }} task `parent`: URL of another one
 * @returns {Promise<Record<string, number>>} what was measured, by figure
 */
export async function measure(peer, ports, task) {
  const parent = task.way === 'socks' ? `socks5h://127.0.0.1:${ports.socks}` : task.parent
  const reached = task.way === 'relay' ? { ...ports, http: ports.relay } : ports
  const { pid, port, startMs, stop } = await runPeer(peer, ports.http, parent)
  try {
    if (task.mode === 'start') {
      await sleep(SETTLING_MS)
      return { startMs, restingBytes: figuresOf(pid).residentBytes }
    }
    return await underLoad(pid, { ...task, proxy: port, ...reached })
  } finally {
    await stop()
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
