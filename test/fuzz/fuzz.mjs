// npm run fuzz [-- --minutes N]: the properties of fast-check and the mutations of zzuf, for a time or with FUZZ_RUNS (default
// 100,000) runs each. Ends with what was tried and found; exit code 1 where anything was found.
import { spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'

const { values } = parseArgs({ options: { minutes: { type: 'string' } } })
const minutes = values.minutes === undefined ? undefined : Number(values.minutes)
if (minutes !== undefined && !(minutes > 0)) throw new Error('write --minutes N, a number above 0')

const root = fileURLToPath(new URL('../..', import.meta.url))
const vitest = join(root, 'node_modules/vitest/vitest.mjs')
const config = ['--config', 'test/fuzz/vitest.config.ts']
/** Behind the given time, for what has to start and to end; what is not over by then hangs. */
const PATIENCE_MS = 120_000

const folder = mkdtempSync(join(tmpdir(), 'veilgate-fuzz-'))
process.on('exit', () => rmSync(folder, { recursive: true, force: true }))
const report = join(folder, 'report')
writeFileSync(report, '')

const hasZzuf = spawnSync('zzuf', ['--version']).status === 0
if (!hasZzuf) console.log('zzuf is not installed (Debian: apt-get install zzuf): its mutations are skipped')
const startedAt = performance.now()
const isInOrder = await run(minutes === undefined ? { FUZZ_RUNS: process.env.FUZZ_RUNS ?? '100000' } : shares(minutes))
const seconds = Math.round((performance.now() - startedAt) / 1_000)

const done = readFileSync(report, 'utf8').split('\n').filter(Boolean).map(JSON.parse)
const rows = done.map(({ name, inputs, taken }) => [
  name,
  inputs.toLocaleString('en'),
  ...(taken === undefined ? ['', ''] : [taken.toLocaleString('en'), (inputs - taken).toLocaleString('en')]),
])
console.log(`\n${table([['', 'inputs', 'taken', 'refused'], ...rows])}`)
const total = done.reduce((sum, { inputs }) => sum + inputs, 0)
console.log(
  `${total.toLocaleString('en')} inputs in ${seconds} s: ${isInOrder ? 'nothing found' : 'FOUND, see above; inputs are in fuzz-findings/'}`,
)
process.exitCode = isInOrder ? 0 : 1

/** Half of the time goes to the properties, half to the areas of zzuf, each in equal parts. */
function shares(given) {
  const { stdout } = spawnSync(process.execPath, [vitest, 'list', ...config, '--json'], { cwd: root, encoding: 'utf8' })
  const files = JSON.parse(stdout.slice(stdout.indexOf('['))).filter(({ name }) => !name.includes('holds: '))
  const areas = files.filter(({ name }) => name.includes('zzuf')).length
  const ms = given * 60_000
  return {
    FUZZ_RUNS: `${1e9}`,
    FUZZ_AREA_MS: `${ms / 2 / areas}`,
    FUZZ_PROPERTY_MS: `${(hasZzuf ? ms / 2 : ms) / (files.length - areas)}`,
  }
}

/** In a group of its own: a worker that hangs does not hear of the end of its parent. */
function run(env) {
  const child = spawn(process.execPath, [vitest, 'run', ...config], {
    cwd: root,
    env: { ...process.env, ...env, FUZZ_REPORT: report },
    stdio: 'inherit',
    detached: true,
  })
  const end = () => process.kill(-child.pid, 'SIGKILL')
  const timer = minutes === undefined ? undefined : setTimeout(tooLong, minutes * 60_000 * 1.2 + PATIENCE_MS)
  process.on('SIGINT', end)
  process.on('SIGTERM', end)
  return new Promise((resolve) => {
    child.on('exit', (code) => {
      clearTimeout(timer)
      resolve(code === 0)
    })
  })

  function tooLong() {
    console.log('FOUND: it does not come to an end; what is not in the table below hangs')
    end()
  }
}

function table(lines) {
  const widths = lines[0].map((_, i) => Math.max(...lines.map((line) => line[i].length)))
  return lines
    .map((line) =>
      line
        .map((cell, i) => (i === 0 ? cell.padEnd(widths[i]) : cell.padStart(widths[i])))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}
