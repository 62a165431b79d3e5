// A fresh process of a proxy, on a free port and in a folder of its own.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { setTimeout as sleep } from 'node:timers/promises'

const START_WITHIN_MS = 20_000

/**
 * @param {import('./peers.mjs').Peer} peer
 * @param {number} originPort of an origin that answers 200, on 127.0.0.1
 * @param {string} [parent] URL of one to go through
 * @returns {Promise<{ pid: number, port: number, startMs: number, stop: () => Promise<void> }>} from its start to its first answer, in ms
 */
export async function runPeer(peer, originPort, parent) {
  const folder = mkdtempSync(join(tmpdir(), 'veilgate-bench-'))
  const port = await freePort()
  const [program, ...args] = peer.command(port, folder, parent)
  const child = spawn(program, args, { stdio: 'ignore', cwd: folder })
  const ended = once(child, 'exit')
  const kill = () => child.kill('SIGKILL')
  process.on('exit', kill)
  const stop = async () => {
    kill()
    await ended
    process.off('exit', kill)
    rmSync(folder, { recursive: true, force: true })
  }
  try {
    return { pid: child.pid, port, startMs: await untilAnswered(port, originPort), stop }
  } catch (error) {
    await stop()
    throw error
  }
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

/** @returns {Promise<number>} on 127.0.0.1 */
export async function freePort() {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address()
  server.close()
  return port
}
