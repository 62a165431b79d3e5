import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, openSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'

/*
 * A process of its own for what only a process has: signals and standard
 * streams. It runs the built code, as `npm test` leaves it in dist/.
 */
const DIST = new URL('../../dist/', import.meta.url)

let folder = ''
const children: ChildProcess[] = []
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'veilgate-access-'))
})
afterEach(() => {
  for (const child of children.splice(0)) if (child.exitCode === null) child.kill('SIGKILL')
  rmSync(folder, { recursive: true })
})

/** Runs `body` with `settle(id)`, `log` and `tell(text)` (a line on standard error). */
function run(options: object, body: string, stdout: 'pipe' | number = 'pipe'): ChildProcess {
  const script = `
    import { createAccessLog } from '${DIST}observe/access-log.js'
    import { exchangeSettled } from '${DIST}channels.js'
    const tell = (text) => process.stderr.write(text + '\\n')
    const log = createAccessLog({ ...${JSON.stringify(options)}, onWarning: (message) => tell('warning ' + message) })
    const settle = (id) => exchangeSettled.publish({
      ts: Date.now(), id: String(id), client: { ip: '127.0.0.1', port: 1, user: null, group: null },
      listener: 'http://127.0.0.1:3128', method: 'GET', httpMinor: 1,
      target: { form: 'absolute', host: 'h.test', port: 80, path: '/', ip: null, sni: null },
      decision: { action: 'allow', reason: 'default', level: 'default', rule: null },
      egress: null, status: 200, bytes: { fromClient: 0, toClient: 0 },
      ms: { dns: null, connect: null, ttfb: null, total: 1 }, headersRemoved: [], wouldBlock: false, error: null,
      referer: '', userAgent: '', contentType: '' })
    ${body}`
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: ['pipe', stdout, 'pipe'] })
  children.push(child)
  return child
}

/** Everything written on standard error, and the exit code. */
async function ended(child: ChildProcess): Promise<{ code: number | null; told: string }> {
  let told = ''
  child.stderr?.on('data', (chunk) => {
    told += String(chunk)
  })
  const [code] = await once(child, 'close')
  return { code, told }
}

const idsIn = (text: string): string[] =>
  text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line).id)

describe('access log of a process', () => {
  test('rotated by rename and SIGUSR1 under load, it has each line once', async () => {
    const file = join(folder, 'access.log')
    const child = run(
      { file, format: 'json' },
      `process.on('SIGUSR1', () => { log.reopen(); tell('reopened') })
       let n = 0
       const timer = setInterval(() => { for (let i = 0; i < 20; i++) settle(n++) }, 1)
       process.stdin.resume().on('end', async () => { clearInterval(timer); await log.close(); tell('total ' + n); process.exit(0) })
       tell('started')`,
    )
    const messages = child.stderr?.setEncoding('utf8')
    if (!messages) throw new Error('no standard error')
    let told = ''
    messages.on('data', (chunk) => {
      told += chunk
    })
    const until = async (text: string, times: number): Promise<void> => {
      while (told.split(text).length <= times) await once(messages, 'data')
    }
    await until('started', 1)
    for (let rotation = 1; rotation <= 5; rotation++) {
      await new Promise((resolve) => setTimeout(resolve, 20))
      renameSync(file, `${file}.${rotation}`)
      child.kill('SIGUSR1')
      await until('reopened', rotation)
    }
    child.stdin?.end()
    await once(child, 'close')

    const total = Number(/total (\d+)/.exec(told)?.[1])
    const files = readdirSync(folder).sort()
    expect(files).toEqual(['access.log', ...[1, 2, 3, 4, 5].map((i) => `access.log.${i}`)])
    const ids = files.flatMap((name) => idsIn(readFileSync(join(folder, name), 'utf8')))
    expect(ids.map(Number).sort((a, b) => a - b)).toEqual(Array.from({ length: total }, (_, i) => i))
  })

  test('writes to standard output, or to standard error where that is asked for', async () => {
    const toStdout = run({ file: '-', format: 'json' }, `settle('out'); await log.close()`)
    let out = ''
    toStdout.stdout?.on('data', (chunk) => {
      out += String(chunk)
    })
    expect(await ended(toStdout)).toEqual({ code: 0, told: '' })
    expect(idsIn(out)).toEqual(['out'])

    const { code, told } = await ended(
      run({ file: '-', format: 'json', toStderr: true }, `settle('err'); await log.close()`),
    )
    expect([code, ...idsIn(told)]).toEqual([0, 'err'])
  })

  test('standard output on a full disk loses lines and not the process', async () => {
    const full = openSync('/dev/full', 'w')
    const child = run(
      { file: '-', format: 'json' },
      `settle(1); await log.close(); tell('lost ' + log.lostLines())`,
      full,
    )
    const { code, told } = await ended(child)
    expect(code).toBe(0)
    expect(told).toMatch(
      /^warning the access log loses lines: ENOSPC[^\n]*\nwarning the access log lost 1 line, [^\n]*\nlost 1\n$/,
    )
  })

  test('a reader of standard output that went away ends neither the process nor the exchanges', async () => {
    const child = run(
      { file: '-', format: 'json' },
      `process.stdin.resume().on('end', async () => {
         for (let i = 0; i < 10; i++) { settle(i); await new Promise(setImmediate) }
         await log.close()
         tell('still here')
       })`,
    )
    child.stdout?.destroy()
    child.stdin?.end()
    const { code, told } = await ended(child)
    expect(code).toBe(0)
    expect(told).toMatch(
      /^warning the access log loses lines: write EPIPE[^\n]*\nwarning the access log lost 10 lines, [^\n]*\nstill here\n$/,
    )
  })

  test('a reader of standard output that stopped reading holds up neither the exchanges nor the end', async () => {
    const child = run(
      { file: '-', format: 'json' },
      `let n = 0
       const flood = () => {
         for (let i = 0; i < 500; i++) settle(n++)
         if (log.lostLines() < 1000) return setImmediate(flood)
         tell('waiting ' + (process.stdout.writableLength < 9e6))
         log.close().then(() => { tell('closed'); process.exit(0) })
       }
       flood()`,
    )
    child.stdout?.pause()
    const { code, told } = await ended(child)
    expect(code).toBe(0)
    expect(told).toMatch(
      /^warning the access log loses lines: it is read or written too slowly[^\n]*\nwaiting true\nwarning the access log lost 1\d\d\d lines, [^\n]*\nclosed\n$/,
    )
  })
})
