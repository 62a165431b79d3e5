import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { onTestFinished } from 'vitest'
import { createTempFolder } from './temp-folder.js'
import { waitFor } from './wait-for.js'

const bin = fileURLToPath(new URL('../../bin/veilgate', import.meta.url))
const folder = createTempFolder()
let places = 0

export type RunningVeilgate = {
  readonly pid: number
  readonly port: number
  readonly output: { stdout: string; stderr: string }
  /** Exit code, or the signal that ended it. */
  readonly exit: Promise<number | string>
  signal(name: NodeJS.Signals): void
  /** Resolves when standard error has said it, `times` times. */
  says(message: string, times?: number): Promise<void>
}

export type StartHow = {
  /** Words before the command, such as `['prlimit', '--nofile=128']`. */
  readonly through?: readonly string[]
  readonly env?: Readonly<Record<string, string>>
  /** Another installation of the command. */
  readonly bin?: string
}

/** A folder of its own for one instance: configuration, rules, control socket, cache. */
export function newPlace() {
  const path = join(folder.path, String(places++))
  mkdirSync(join(path, 'run'), { recursive: true })
  const env = { ...process.env, XDG_RUNTIME_DIR: join(path, 'run'), XDG_CACHE_HOME: join(path, 'cache') }

  function write(name: string, text: string): string {
    const file = join(path, name)
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, text)
    return file
  }

  /** Starts the built command and waits until it accepts; it is killed when the test ends. */
  async function start(
    words: readonly string[],
    { through = [], env: more = {}, bin: installed = bin }: StartHow = {},
  ): Promise<RunningVeilgate> {
    const [command = installed, ...before] = [...through, installed]
    const child = spawn(command, [...before, 'start', '--json', ...words], { env: { ...env, ...more }, cwd: path })
    onTestFinished(() => void child.kill('SIGKILL'))
    const output = { stdout: '', stderr: '' }
    child.stdout.on('data', (data) => {
      output.stdout += data
    })
    child.stderr.on('data', (data) => {
      output.stderr += data
    })
    const exit = once(child, 'exit').then(([code, signal]) => signal ?? code)
    await waitFor(() => {
      if (!output.stdout.includes('}\n')) throw new Error(`does not listen: ${output.stderr}`)
    })
    const { listening } = JSON.parse(output.stdout.split('\n')[0] ?? '')
    return {
      pid: child.pid ?? 0,
      port: Number(new URL(listening[0]).port),
      output,
      exit,
      signal: (name) => child.kill(name),
      says: (message, times = 1) =>
        waitFor(() => {
          if (output.stderr.split(message).length <= times) throw new Error(`not said: ${message}: ${output.stderr}`)
        }),
    }
  }

  /** Runs another command of veilgate beside it, to its end. */
  async function veilgate(...words: string[]) {
    const child = spawn(bin, words, { env, cwd: path })
    const output = { stdout: '', stderr: '' }
    child.stdout.on('data', (data) => {
      output.stdout += data
    })
    child.stderr.on('data', (data) => {
      output.stderr += data
    })
    const [status] = await once(child, 'close')
    return { status: Number(status), ...output }
  }

  return { path, env, write, start, veilgate }
}

/** Status and Proxy-Status of a request on a connection of its own. */
export async function askFor(port: number, url: string): Promise<{ readonly status: string; readonly text: string }> {
  const socket = connect(port, '127.0.0.1').setEncoding('latin1')
  let text = ''
  socket.on('data', (data) => {
    text += data
  })
  socket.on('error', () => {})
  socket.write(`GET ${url} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`)
  await once(socket, 'close')
  return { status: text.split(' ')[1] ?? '', text }
}
