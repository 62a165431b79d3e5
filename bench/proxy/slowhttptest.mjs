// The attacks of slowhttptest (Debian's package of that name) on a proxy, from 127.0.0.1.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'

/** A letter of its command line, what it does, and what it asks the origin for. */
export const ATTACKS = {
  H: { title: 'heads that never end', path: '/' },
  B: { title: 'bodies that never end', path: '/' },
  R: { title: 'two thousand ranges', path: '/' },
  X: { title: 'answers that are read slowly', path: '/large' },
}

const ESTABLISHED = '01'
const FROM = '0100007F'

/** @throws {Error} where it is not installed */
export async function expectSlowhttptest() {
  const probe = spawn('slowhttptest', ['-h'], { stdio: 'ignore' })
  await once(probe, 'close').catch(() => {
    throw new Error('slowhttptest is not installed: apt-get install slowhttptest')
  })
}

/**
 * Goes on until it is stopped: a run that is over, because the proxy has closed all or answered all, is followed by another.
 *
 * @param {keyof typeof ATTACKS} letter
 * @param {{ proxy: number, http: number }} ports on 127.0.0.1
 * @param {{ connections: number, perSecond: number }} size
 * @returns {{ stop: () => Promise<void> }}
 */
export function startAttack(letter, { proxy, http }, { connections, perSecond }) {
  const target = ['-d', `127.0.0.1:${proxy}`, '-u', `http://127.0.0.1:${http}${ATTACKS[letter].path}`]
  const size = ['-c', String(connections), '-r', String(perSecond), '-l', '3600']
  let isOver = false
  let tool
  const run = async () => {
    while (!isOver) {
      tool = spawn('slowhttptest', [`-${letter}`, ...target, ...size], { stdio: 'ignore' })
      await once(tool, 'exit')
    }
  }
  const ended = run()
  return {
    async stop() {
      isOver = true
      tool.kill('SIGKILL')
      await ended
    },
  }
}

/** Connections from 127.0.0.1 that a port of 127.0.0.1 has now (proc(5)). */
export function connectionsTo(port) {
  const place = `${FROM}:${port.toString(16).toUpperCase().padStart(4, '0')}`
  const rows = readFileSync('/proc/net/tcp', 'latin1').split('\n')
  const isHeld = (row) => {
    const [, local, remote = '', state] = row.trim().split(/\s+/)
    return local === place && remote.startsWith(`${FROM}:`) && state === ESTABLISHED
  }
  return rows.filter(isHeld).length
}
