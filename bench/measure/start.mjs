// Starts the command and waits for the line that says that it listens.
import { spawn } from 'node:child_process'
import { performance } from 'node:perf_hooks'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { memoryOf } from './memory.mjs'

/** The command takes signals only a moment after the line: one that comes with it ends the process, and no cache is written. */
const UNTIL_SIGNALS_MS = 200

const COMMAND = fileURLToPath(new URL('../../bin/veilgate', import.meta.url))

/**
 * @param {string} file a rule file
 * @param {string} cacheHome `$XDG_CACHE_HOME` of the command, empty for a cold start
 * @returns {Promise<{ readyMs: number, rules: number, residentBytes: number, peakBytes: number }>} after the process has ended
 */
export async function startOnce(file, cacheHome) {
  const options = ['--listen', 'http://127.0.0.1:0', '--json', '--access-log', 'off', '--scope', 'suffix']
  const begin = performance.now()
  const child = spawn(process.execPath, [COMMAND, 'start', ...options, '--block', file], {
    env: { ...process.env, XDG_CACHE_HOME: cacheHome },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const ended = new Promise((resolve) => child.on('close', (code) => resolve(code)))
  let said = ''
  child.stderr.on('data', (text) => {
    said += text
  })
  const ready = await firstLine(child.stdout)
  const readyMs = performance.now() - begin
  const memory = memoryOf(child.pid)
  await sleep(UNTIL_SIGNALS_MS)
  child.kill('SIGTERM')
  if (ready === undefined || (await ended) !== 0) throw new Error(`veilgate start did not run and end well: ${said}`)
  const { rules } = JSON.parse(ready)
  return { readyMs, rules, residentBytes: memory?.resident ?? Number.NaN, peakBytes: memory?.peak ?? Number.NaN }
}

/** @returns {Promise<string | undefined>} undefined where the stream ends before */
async function firstLine(stream) {
  for await (const line of createInterface({ input: stream })) return line
  return undefined
}
