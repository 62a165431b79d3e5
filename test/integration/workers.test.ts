import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { Agent, get } from 'node:http'
import { connect, type Socket } from 'node:net'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import { type EchoOrigin, startEchoOrigin } from '../helpers/echo-origin.js'
import { createTempFolder } from '../helpers/temp-folder.js'

/*
 * Processes of the built command: kill, replace, reload, drain. How long a worker may take to
 * come back is said by the patience of `vi.waitFor`; nothing here measures time.
 */
const root = fileURLToPath(new URL('../..', import.meta.url))
const bin = join(root, 'bin/veilgate')
const folder = createTempFolder()
const running = new Set<ChildProcess>()
const origins: EchoOrigin[] = []
let places = 0

beforeAll(() => {
  spawnSync(process.execPath, [join(root, 'scripts/build.mjs')], { stdio: 'inherit' })
}, 120_000)

afterEach(async () => {
  for (const child of running) child.kill('SIGKILL')
  for (const origin of origins.splice(0)) await origin.close()
})

async function startOrigin(): Promise<EchoOrigin> {
  const origin = await startEchoOrigin()
  origins.push(origin)
  return origin
}

async function startWorkers(workers: number, ...words: string[]) {
  const place = join(folder.path, String(places++))
  mkdirSync(join(place, 'run'), { recursive: true })
  mkdirSync(join(place, 'tmp'))
  const rules = join(place, 'my.rules')
  writeFileSync(rules, 'block first.test\n')
  const env = { ...process.env, XDG_RUNTIME_DIR: join(place, 'run'), TMPDIR: join(place, 'tmp') }
  const open = ['--allow-private', '--http-ports', 'any', '--connect-ports', 'any']
  const child = spawn(
    bin,
    [
      'start',
      '--json',
      '--listen',
      'http://127.0.0.1:0',
      '--rules',
      rules,
      '--workers',
      String(workers),
      ...open,
      ...words,
    ],
    { env, cwd: place },
  )
  running.add(child)
  const output = { stdout: '', stderr: '' }
  child.stdout.on('data', (data) => (output.stdout += data))
  child.stderr.on('data', (data) => (output.stderr += data))
  const exit = once(child, 'exit').then(([code, signal]) => {
    running.delete(child)
    return signal ?? code
  })
  await vi.waitFor(() => expect(output.stdout, output.stderr).toContain('}\n'), 15_000)
  const started = JSON.parse(output.stdout)
  return {
    place,
    rules,
    env,
    exit,
    output,
    started,
    port: Number(new URL(started.listening[0]).port),
    signal: (name: NodeJS.Signals) => child.kill(name),
    says: (message: string | RegExp) => vi.waitFor(() => expect(output.stderr).toMatch(message), 10_000),
    /** Process ids of the workers that run now. */
    workers: () => childrenOf(child.pid ?? 0),
  }
}

function childrenOf(pid: number): number[] {
  try {
    return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean).map(Number)
  } catch {
    return []
  }
}

/** Status of a GET, or the error of its connection. */
function fetchThrough(port: number, url: string, agent = new Agent()): Promise<number | string> {
  return new Promise((resolve) => {
    const request = get(
      { host: '127.0.0.1', port, path: url, headers: { Host: new URL(url).host }, agent },
      (answer) => {
        answer.resume()
        answer.on('end', () => resolve(answer.statusCode ?? 0))
        answer.on('error', ({ message }) => resolve(message))
      },
    )
    request.on('error', ({ message }) => resolve(message))
  })
}

/** Clients that ask one thing after the other, each on a connection of its own, until they are told to stop. */
function startLoad(port: number, url: string, clients: number) {
  const answers: (number | string)[] = []
  let isOver = false
  const done = Promise.all(
    Array.from({ length: clients }, async () => {
      const agent = new Agent({ keepAlive: true, maxSockets: 1 })
      while (!isOver) answers.push(await fetchThrough(port, url, agent))
      agent.destroy()
    }),
  )
  return {
    answers,
    /** Resolves when so many answers more have come. */
    more: (count: number) => {
      const until = answers.length + count
      return vi.waitFor(() => expect(answers.length).toBeGreaterThanOrEqual(until), { timeout: 20_000, interval: 5 })
    },
    stop() {
      isOver = true
      return done
    },
  }
}

async function openTunnel(port: number, origin: EchoOrigin): Promise<Socket> {
  const socket = connect(port, '127.0.0.1')
  socket.on('error', () => {})
  socket.write(`CONNECT 127.0.0.1:${origin.port} HTTP/1.1\r\nHost: x\r\n\r\n`)
  await once(socket, 'data')
  return socket
}

const linesOf = (file: string): readonly { readonly id: string; readonly status: number }[] =>
  readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line))

/** A worker's ids have a beginning of its own. */
const workerOf = ({ id }: { readonly id: string }): string => id.slice(0, id.indexOf('-'))

describe('workers', () => {
  test('share one free port, and connections that come together go to all of them', async () => {
    const origin = await startOrigin()
    const log = join(folder.path, 'share.log')
    const proxy = await startWorkers(2, '--access-log', log, '--log-format', 'json')
    expect(proxy.started).toMatchObject({ listening: [expect.stringMatching(/:\d+$/)], rules: 1, workers: 2 })
    expect(proxy.output.stderr).toContain(', 2 workers\n')
    expect(proxy.workers()).toHaveLength(2)

    const load = startLoad(proxy.port, `${origin.url}/`, 32)
    await load.more(400)
    await load.stop()
    proxy.signal('SIGTERM')
    expect(await proxy.exit).toBe(0)
    expect(new Set(load.answers)).toEqual(new Set([200]))

    const lines = linesOf(log)
    expect(lines).toHaveLength(load.answers.length)
    expect(new Set(lines.map(workerOf)).size).toBe(2)
    expect(readdirSync(join(proxy.place, 'tmp'))).toEqual([])
  }, 60_000)

  test('one that is killed takes its own exchanges with it and no other, and is replaced', async () => {
    const origin = await startOrigin()
    const proxy = await startWorkers(2, '--access-log', 'off')
    const tunnels = await Promise.all(Array.from({ length: 12 }, () => openTunnel(proxy.port, origin)))
    const load = startLoad(proxy.port, `${origin.url}/`, 8)
    await load.more(50)

    const [victim = 0, other] = proxy.workers()
    const closed = tunnels.map((tunnel) => once(tunnel, 'close').then(() => tunnel))
    process.kill(victim, 'SIGKILL')
    await proxy.says(
      /worker \d \(process \d+\) ended, and its exchanges with it: signal SIGKILL; another one starts now/,
    )
    await load.more(50)
    await vi.waitFor(() => expect(proxy.workers()).toHaveLength(2), 10_000)
    expect(proxy.workers()).toContain(other)
    expect(proxy.workers()).not.toContain(victim)
    await load.more(50)
    await load.stop()

    const dead = tunnels.filter(({ destroyed, readableEnded }) => destroyed || readableEnded)
    const alive = tunnels.filter((tunnel) => !dead.includes(tunnel))
    expect(dead.length).toBeGreaterThan(0)
    expect(alive.length).toBeGreaterThan(0)
    for (const tunnel of alive) {
      tunnel.write('GET /alive HTTP/1.1\r\nHost: x\r\n\r\n')
      expect(String((await once(tunnel, 'data'))[0])).toContain('200 OK')
    }
    // of each client at most the one exchange that was under way there
    const failed = load.answers.filter((answer) => answer !== 200)
    expect(failed.length).toBeLessThanOrEqual(8)
    for (const tunnel of tunnels) tunnel.destroy()
    await Promise.all(closed)
  }, 60_000)

  test('a reload under load loses nothing, and once it is told no worker answers by the old rules', async () => {
    const origin = await startOrigin()
    const proxy = await startWorkers(3, '--access-log', 'off')
    const load = startLoad(proxy.port, `${origin.url}/`, 8)
    const refused = startLoad(proxy.port, 'http://first.test/', 4)
    for (let round = 1; round <= 4; round++) {
      await load.more(30)
      writeFileSync(proxy.rules, `block first.test\nblock round-${round}.test\n`)
      proxy.signal('SIGHUP')
      await vi.waitFor(() => expect(proxy.output.stderr.split('reloaded: 2 rules')).toHaveLength(round + 1), 10_000)
      const answers = await Promise.all(
        Array.from({ length: 12 }, () => fetchThrough(proxy.port, `http://round-${round}.test/`)),
      )
      expect(new Set(answers)).toEqual(new Set([403]))
    }
    await Promise.all([load.stop(), refused.stop()])
    expect(new Set(load.answers)).toEqual(new Set([200]))
    expect(new Set(refused.answers)).toEqual(new Set([403]))
  }, 60_000)

  test('rules that are wrong change nothing in any worker, and a worker started later has those in force', async () => {
    const proxy = await startWorkers(2, '--access-log', 'off')
    writeFileSync(proxy.rules, 'block second.test\n')
    proxy.signal('SIGHUP')
    await proxy.says('reloaded: 1 rules')
    writeFileSync(proxy.rules, 'block a{b\n')
    proxy.signal('SIGHUP')
    await proxy.says('not reloaded')
    const before = proxy.workers()
    for (const pid of before) process.kill(pid, 'SIGKILL')
    await vi.waitFor(() => {
      const now = proxy.workers()
      expect(now).toHaveLength(2)
      expect(now.some((pid) => before.includes(pid))).toBe(false)
    }, 10_000)
    // the port is taken again once the first of them is up
    const answers: (number | string)[] = []
    await vi.waitFor(async () => {
      answers.push(await fetchThrough(proxy.port, 'http://second.test/'))
      expect(answers.filter((answer) => answer === 403).length).toBeGreaterThanOrEqual(10)
    }, 10_000)
    expect(answers.filter((answer) => typeof answer === 'number')).toEqual(Array(10).fill(403))
  }, 60_000)

  test('killed again and again soon after their start, they are given up, and veilgate ends with 3', async () => {
    const proxy = await startWorkers(2, '--access-log', 'off')
    let isOver = false
    void proxy.exit.then(() => {
      isOver = true
    })
    while (!isOver) {
      for (const pid of proxy.workers()) {
        try {
          process.kill(pid, 'SIGKILL')
        } catch {
          // it has just ended
        }
      }
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
    expect(await proxy.exit).toBe(3)
    expect(proxy.output.stderr).toMatch(/another one starts in 100 ms/)
    expect(proxy.output.stderr).toMatch(/ended too often soon after its start/)
    expect(proxy.output.stderr).toMatch(/no worker is left/)
    expect(readdirSync(join(proxy.place, 'tmp'))).toEqual([])
  }, 60_000)

  test('SIGTERM lets exchanges of all workers end, and takes no new clients', async () => {
    const origin = await startOrigin()
    const proxy = await startWorkers(2, '--access-log', 'off')
    const tunnels = await Promise.all(Array.from({ length: 6 }, () => openTunnel(proxy.port, origin)))
    proxy.signal('SIGTERM')
    await proxy.says('6 exchanges left')
    await vi.waitFor(async () =>
      expect(await fetchThrough(proxy.port, 'http://first.test/')).toMatch(/REFUSED|hang up|RESET/),
    )
    for (const tunnel of tunnels) {
      tunnel.write('GET /late HTTP/1.1\r\nHost: x\r\n\r\n')
      expect(String((await once(tunnel, 'data'))[0])).toContain('200 OK')
      tunnel.end()
    }
    expect(await proxy.exit).toBe(0)
    for (const tunnel of tunnels) tunnel.destroy()
  }, 60_000)

  test('a second signal cuts off what is left in all workers', async () => {
    const origin = await startOrigin()
    const proxy = await startWorkers(2, '--access-log', 'off')
    const tunnels = await Promise.all(Array.from({ length: 6 }, () => openTunnel(proxy.port, origin)))
    proxy.signal('SIGTERM')
    await proxy.says('6 exchanges left')
    proxy.signal('SIGTERM')
    await proxy.says('6 exchanges cut off')
    expect(await proxy.exit).toBe(0)
    for (const tunnel of tunnels) tunnel.destroy()
  }, 60_000)

  test('the log file of all workers is rotated by SIGUSR1, and each exchange is in it once', async () => {
    const origin = await startOrigin()
    const log = join(folder.path, 'rotated.log')
    const proxy = await startWorkers(2, '--access-log', log, '--log-format', 'json')
    const load = startLoad(proxy.port, `${origin.url}/`, 8)
    for (let rotation = 1; rotation <= 3; rotation++) {
      await load.more(100)
      renameSync(log, `${log}.${rotation}`)
      proxy.signal('SIGUSR1')
      await vi.waitFor(() => expect(existsSync(log)).toBe(true), 10_000)
    }
    await load.more(100)
    await load.stop()
    proxy.signal('SIGTERM')
    await proxy.exit
    const ids = [log, `${log}.1`, `${log}.2`, `${log}.3`].flatMap((file) => linesOf(file).map(({ id }) => id))
    expect(new Set(ids).size).toBe(ids.length)
    expect(ids).toHaveLength(load.answers.length)
  }, 60_000)

  test('a log on a standard stream has the whole lines of all workers', async () => {
    const origin = await startOrigin()
    const proxy = await startWorkers(2, '--access-log', '-', '--log-format', 'json')
    const load = startLoad(proxy.port, `${origin.url}/`, 8)
    await load.more(300)
    await load.stop()
    proxy.signal('SIGTERM')
    expect(await proxy.exit).toBe(0)
    const lines = proxy.output.stderr.split('\n').filter((line) => line.startsWith('{'))
    expect(lines.map((line) => JSON.parse(line).status)).toEqual(load.answers)
    expect(new Set(lines.map((line) => workerOf(JSON.parse(line)))).size).toBe(2)
  }, 60_000)

  test('a port that is taken is said once, with exit code 3', async () => {
    const origin = await startOrigin()
    const { status, stderr } = spawnSync(
      bin,
      [
        'start',
        '--workers',
        '2',
        '--listen',
        `http://127.0.0.1:${origin.port}`,
        '--rules',
        folder.write('r', 'block a.test\n'),
      ],
      { encoding: 'utf8', timeout: 20_000, env: { ...process.env, XDG_RUNTIME_DIR: folder.path } },
    )
    expect(status).toBe(3)
    expect(stderr).toContain('the port is taken')
  }, 60_000)

  test('with one worker there is no other process', async () => {
    const proxy = await startWorkers(1, '--access-log', 'off')
    expect(proxy.workers()).toEqual([])
    expect(proxy.started.workers).toBe(1)
  }, 30_000)

  test('the lists command asks the primary', async () => {
    const proxy = await startWorkers(2, '--access-log', 'off')
    const { status, stdout } = spawnSync(bin, ['lists', '--json'], {
      env: proxy.env,
      encoding: 'utf8',
      timeout: 15_000,
    })
    expect([status, stdout]).toEqual([0, '[]\n'])
  }, 30_000)
})
