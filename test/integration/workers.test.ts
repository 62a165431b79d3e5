import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, readdirSync, readFileSync, readlinkSync, renameSync, writeFileSync } from 'node:fs'
import { Agent, get } from 'node:http'
import { connect, type Socket } from 'node:net'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeAll, describe, expect, test } from 'vitest'
import { type EchoOrigin, startEchoOrigin } from '../helpers/echo-origin.js'
import { TEST_ENGINE } from '../helpers/engines.js'
import { startRecordingParent } from '../helpers/recording-parent.js'
import { newPlace } from '../helpers/running-command.js'
import { createTempFolder } from '../helpers/temp-folder.js'
import { waitFor } from '../helpers/wait-for.js'

/*
 * Processes of the built command: kill, replace, reload, drain. How long a worker may take to
 * come back is said by the patience of `waitFor`; nothing here measures time.
 */
const root = fileURLToPath(new URL('../..', import.meta.url))
const bin = join(root, 'bin/veilgate')
const folder = createTempFolder()
const origins: EchoOrigin[] = []

beforeAll(() => {
  spawnSync(process.execPath, [join(root, 'scripts/build.mjs')], { stdio: 'inherit' })
}, 120_000)

afterEach(async () => {
  for (const origin of origins.splice(0)) await origin.close()
})

async function startOrigin(): Promise<EchoOrigin> {
  const origin = await startEchoOrigin()
  origins.push(origin)
  return origin
}

async function startWorkers(workers: number, ...words: string[]) {
  const { path: place, env, write, start } = newPlace()
  const TMPDIR = join(place, 'tmp')
  mkdirSync(TMPDIR)
  const rules = write('my.rules', 'block first.test\n')
  const where = ['--engine', TEST_ENGINE, '--listen', 'http://127.0.0.1:0', '--rules', rules]
  const open = ['--allow-private', '--http-ports', 'any', '--connect-ports', 'any']
  const proxy = await start([...where, '--workers', String(workers), ...open, ...words], { env: { TMPDIR } })
  return {
    ...proxy,
    place,
    rules,
    env: { ...env, TMPDIR },
    started: JSON.parse(proxy.output.stdout),
    says: (message: string | RegExp) => waitFor(() => expect(proxy.output.stderr).toMatch(message)),
    /** Process ids of the workers that run now. */
    workers: () => childrenOf(proxy.pid),
  }
}

function childrenOf(pid: number): number[] {
  try {
    return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean).map(Number)
  } catch {
    return []
  }
}

/** How many sockets a process has open. */
function socketsOf(pid: number): number {
  const folder = `/proc/${pid}/fd`
  return readdirSync(folder).filter((fd) => readlinkSync(join(folder, fd)).startsWith('socket:')).length
}

/** Rights, file and inode of the newest rule image that a process has mapped. */
function ruleMappingOf(pid: number): string | undefined {
  const lines = readFileSync(`/proc/${pid}/maps`, 'utf8').split('\n')
  const images = lines.filter((line) => /rules-\d+\.bin$/.test(line)).map((line) => line.slice(line.indexOf(' ') + 1))
  const version = (line: string): number => Number(/rules-(\d+)/.exec(line)?.[1])
  return images.sort((one, other) => version(one) - version(other)).at(-1)
}

/** Status of a GET, or the error of its connection. */
function fetchThrough(port: number, url: string, agent = new Agent(), host = '127.0.0.1'): Promise<number | string> {
  return new Promise((resolve) => {
    const request = get({ host, port, path: url, headers: { Host: new URL(url).host }, agent }, (answer) => {
      answer.resume()
      answer.on('end', () => resolve(answer.statusCode ?? 0))
      answer.on('error', ({ message }) => resolve(message))
    })
    request.on('error', ({ message }) => resolve(message))
  })
}

/** Clients that ask one thing after the other, each on a connection of its own, until they are told to stop. */
function startLoad(port: number, url: string, clients: number, { keepAlive = true } = {}, host = '127.0.0.1') {
  return repeat(clients, () => {
    const agent = new Agent({ keepAlive, maxSockets: 1 })
    return { ask: () => fetchThrough(port, url, agent, host), end: () => agent.destroy() }
  })
}

/** Clients that open one tunnel after the other, and ask one thing through each. */
function startTunnelLoad(port: number, origin: EchoOrigin, clients: number) {
  return repeat(clients, () => ({ ask: () => fetchThroughTunnel(port, origin), end() {} }))
}

type Client = { ask(): Promise<number | string>; end(): void }

function repeat(clients: number, startClient: () => Client) {
  const answers: (number | string)[] = []
  let isOver = false
  const done = Promise.all(
    Array.from({ length: clients }, async () => {
      const client = startClient()
      while (!isOver) answers.push(await client.ask())
      client.end()
    }),
  )
  return {
    answers,
    /** Resolves when so many answers more have come. */
    more: (count: number) => {
      const until = answers.length + count
      return waitFor(() => expect(answers.length).toBeGreaterThanOrEqual(until))
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

/** 200, or how the tunnel ended before. */
function fetchThroughTunnel(port: number, { port: to }: EchoOrigin): Promise<number | string> {
  return new Promise((resolve) => {
    let received = ''
    const socket = connect(port, '127.0.0.1')
    socket.write(`CONNECT 127.0.0.1:${to} HTTP/1.1\r\nHost: x\r\n\r\nGET / HTTP/1.1\r\nHost: x\r\n\r\n`)
    socket.on('data', (data) => {
      received += data
      if (!received.includes('200 OK')) return
      resolve(200)
      socket.destroy()
    })
    socket.on('error', ({ message }) => resolve(message))
    socket.on('close', () => resolve('cut off'))
  })
}

/** The status of a plain request on a connection of its own, or how that ended: as little work as can be, for many of them. */
function askOnce(port: number, host: string): Promise<number | string> {
  return new Promise((resolve) => {
    let received = ''
    const socket = connect(port, '127.0.0.1')
    socket.write(`GET http://${host}/ HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`)
    socket.setEncoding('latin1').on('data', (data: string) => {
      received += data
    })
    socket.on('error', ({ message }) => resolve(message.replace(/:\d+$/, '')))
    socket.on('close', () => resolve(received === '' ? 'cut off' : Number(received.slice(9, 12))))
  })
}

const linesOf = (file: string): readonly { readonly id: string; readonly status: number }[] =>
  readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line))

/** A worker's ids have a beginning of its own. */
const workerOf = ({ id }: { readonly id: string }): string => id.slice(0, id.indexOf('-'))

/** How many lines of a log are of each worker. */
function sharesOf(file: string): ReadonlyMap<string, number> {
  const shares = new Map<string, number>()
  for (const worker of linesOf(file).map(workerOf)) shares.set(worker, (shares.get(worker) ?? 0) + 1)
  return shares
}

describe('workers', () => {
  test('share one free port, and connections that come together go to all of them', async () => {
    const origin = await startOrigin()
    const log = join(folder.path, 'share.log')
    const proxy = await startWorkers(2, '--access-log', log, '--log-format', 'json')
    expect(proxy.started).toMatchObject({ listening: [expect.stringMatching(/:\d+$/)], rules: 1, workers: 2 })
    expect(proxy.started.engine).toBe(TEST_ENGINE)
    expect(proxy.output.stderr).toContain(`, engine ${TEST_ENGINE}, 2 workers\n`)
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

  test('in a rush of clients all workers have their part, and one that is killed costs its own and no other', async () => {
    const log = join(folder.path, 'rush.log')
    const proxy = await startWorkers(2, '--access-log', log, '--log-format', 'json', '--log-level', 'debug')
    const load = repeat(64, () => ({ ask: () => askOnce(proxy.port, 'first.test'), end() {} }))
    await load.more(8_000)
    if (TEST_ENGINE === 'native') await proxy.says('clients come in a rush: workers take turns')
    process.kill(proxy.workers()[0] ?? 0, 'SIGKILL')
    await load.more(4_000)
    // the one in its place may start later than those
    await waitFor(() => expect(sharesOf(log).size).toBe(3))
    await load.stop()
    if (TEST_ENGINE === 'native') await proxy.says('the rush is over: clients are spread over all workers again')
    proxy.signal('SIGTERM')
    expect(await proxy.exit).toBe(0)
    const cut = load.answers.filter((answer) => answer !== 403)
    expect(cut.length).toBeLessThanOrEqual(64)
    expect(new Set(cut)).not.toContain('connect ECONNREFUSED 127.0.0.1')

    expect(Math.max(...sharesOf(log).values()) / load.answers.length).toBeLessThan(0.8)
  }, 120_000)

  test('one that is killed takes its own exchanges with it and no other, and is replaced', async () => {
    const origin = await startOrigin()
    const proxy = await startWorkers(2, '--access-log', 'off')
    const idle = proxy.workers().map(socketsOf)
    const isShared = () => proxy.workers().every((pid, i) => socketsOf(pid) > (idle[i] ?? 0))
    const tunnels: Socket[] = []
    // which worker a connection comes to is the kernel's choice: it may take some until both have one
    for (let tries = 0; tries < 20 && !isShared(); tries++) {
      tunnels.push(...(await Promise.all(Array.from({ length: 12 }, () => openTunnel(proxy.port, origin)))))
    }
    const load = startLoad(proxy.port, `${origin.url}/`, 8)
    await load.more(50)

    const [victim = 0, other] = proxy.workers()
    const closed = tunnels.map((tunnel) => once(tunnel, 'close').then(() => tunnel))
    process.kill(victim, 'SIGKILL')
    await proxy.says(
      /worker \d \(process \d+\) ended, and its exchanges with it: signal SIGKILL; another one starts now/,
    )
    await load.more(50)
    await waitFor(() => expect(proxy.workers()).toHaveLength(2))
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

  test('killed under load, it costs no client but its own anything: nobody is refused', async () => {
    const origin = await startOrigin()
    const proxy = await startWorkers(2, '--access-log', 'off')
    const kept = startLoad(proxy.port, `${origin.url}/`, 4)
    const each = startLoad(proxy.port, `${origin.url}/`, 4, { keepAlive: false })
    const tunnels = startTunnelLoad(proxy.port, origin, 4)
    const loads = [kept, each, tunnels]
    // with the engine js somebody has to hold the port: the other one, which is not killed before the new one serves
    const kills = TEST_ENGINE === 'native' ? 3 : 1
    for (let killed = 0; killed < kills; killed++) {
      await Promise.all(loads.map((load) => load.more(50)))
      const victim = proxy.workers()[0] ?? 0
      process.kill(victim, 'SIGKILL')
      await waitFor(() => {
        expect(proxy.workers()).not.toContain(victim)
        expect(proxy.workers()).toHaveLength(2)
      })
    }
    await Promise.all(loads.map((load) => load.more(50)))
    await Promise.all(loads.map((load) => load.stop()))
    for (const { answers } of loads) {
      const failed = answers.filter((answer) => answer !== 200)
      expect(failed.filter((answer) => String(answer).includes('REFUSED'))).toEqual([])
      // of each client at most the one exchange that was under way in the worker that was killed
      expect(failed.length).toBeLessThanOrEqual(4 * kills)
    }
  }, 60_000)

  test.runIf(TEST_ENGINE === 'native')(
    'all killed at once: who comes meanwhile waits for those that follow',
    async () => {
      const proxy = await startWorkers(2, '--access-log', 'off', '--listen', 'http://[::1]:0')
      const before = proxy.workers()
      for (const pid of before) process.kill(pid, 'SIGKILL')
      const answers = await Promise.all(
        Array.from({ length: 20 }, () => fetchThrough(proxy.port, 'http://first.test/')),
      )
      expect(new Set(answers)).toEqual(new Set([403]))
      expect(proxy.workers().some((pid) => before.includes(pid))).toBe(false)
    },
    60_000,
  )

  test('every listener is served by all, and closed by all when it drains', async () => {
    const origin = await startOrigin()
    const log = join(folder.path, 'listeners.log')
    const more = ['--listen', 'http://[::1]:0', '--access-log', log, '--log-format', 'json']
    const proxy = await startWorkers(2, ...more)
    const [first, second] = proxy.started.listening.map((url: string) => new URL(url))
    expect([first.hostname, second.hostname]).toEqual(['127.0.0.1', '[::1]'])
    const loads = [startLoad(first.port, `${origin.url}/`, 12), startLoad(second.port, `${origin.url}/`, 12, {}, '::1')]
    await Promise.all(loads.map((load) => load.more(100)))
    await Promise.all(loads.map((load) => load.stop()))
    for (const { answers } of loads) expect(new Set(answers)).toEqual(new Set([200]))
    const tunnel = await openTunnel(first.port, origin)
    proxy.signal('SIGTERM')
    await proxy.says('1 exchange left')
    await waitFor(async () => {
      expect(await fetchThrough(first.port, 'http://first.test/')).toContain('REFUSED')
      expect(await fetchThrough(second.port, 'http://first.test/', new Agent(), '::1')).toContain('REFUSED')
    })
    tunnel.destroy()
    expect(await proxy.exit).toBe(0)
    expect(new Set(linesOf(log).map(workerOf)).size).toBe(2)
  }, 60_000)

  test('one that is given up leaves its clients to the others, until a reload starts it again', async () => {
    const proxy = await startWorkers(2, '--access-log', 'off')
    const [, stays] = proxy.workers()
    while (!proxy.output.stderr.includes('is not started again before a reload')) {
      for (const pid of proxy.workers()) {
        if (pid !== stays) process.kill(pid, 'SIGKILL')
      }
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
    expect(proxy.workers()).toEqual([stays])
    const ask = () => Promise.all(Array.from({ length: 20 }, () => fetchThrough(proxy.port, 'http://first.test/')))
    expect(new Set(await ask())).toEqual(new Set([403]))
    proxy.signal('SIGHUP')
    await waitFor(() => expect(proxy.workers()).toHaveLength(2))
    expect(new Set(await ask())).toEqual(new Set([403]))
    proxy.signal('SIGTERM')
    expect(await proxy.exit).toBe(0)
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
      await waitFor(() => expect(proxy.output.stderr.split('reloaded: 2 rules')).toHaveLength(round + 1))
      const answers = await Promise.all(
        Array.from({ length: 12 }, () => fetchThrough(proxy.port, `http://round-${round}.test/`)),
      )
      expect(new Set(answers)).toEqual(new Set([403]))
    }
    await Promise.all([load.stop(), refused.stop()])
    expect(new Set(load.answers)).toEqual(new Set([200]))
    expect(new Set(refused.answers)).toEqual(new Set([403]))
  }, 60_000)

  test.runIf(TEST_ENGINE === 'native')(
    'all have the same rules in the same memory, before and after a reload',
    async () => {
      const proxy = await startWorkers(2, '--access-log', 'off')
      const mapped = () => new Set(proxy.workers().map(ruleMappingOf))
      const [before, ...others] = mapped()
      expect(before).toMatch(/^r--s .*rules-1\.bin$/)
      expect(others).toEqual([])
      writeFileSync(proxy.rules, 'block second.test\n')
      proxy.signal('SIGHUP')
      await proxy.says('reloaded: 1 rule')
      expect(await fetchThrough(proxy.port, 'http://second.test/')).toBe(403)
      expect([...mapped()]).toEqual([expect.stringMatching(/^r--s .*rules-2\.bin$/)])
    },
    60_000,
  )

  test('rules that are wrong change nothing in any worker, and a worker started later has those in force', async () => {
    const proxy = await startWorkers(2, '--access-log', 'off')
    writeFileSync(proxy.rules, 'block second.test\n')
    proxy.signal('SIGHUP')
    await proxy.says('reloaded: 1 rule')
    writeFileSync(proxy.rules, 'block a{b\n')
    proxy.signal('SIGHUP')
    await proxy.says('not reloaded')
    const before = proxy.workers()
    for (const pid of before) process.kill(pid, 'SIGKILL')
    await waitFor(() => {
      const now = proxy.workers()
      expect(now).toHaveLength(2)
      expect(now.some((pid) => before.includes(pid))).toBe(false)
    })
    // the port is taken again once the first of them is up
    const answers: (number | string)[] = []
    await waitFor(async () => {
      answers.push(await fetchThrough(proxy.port, 'http://second.test/'))
      expect(answers.filter((answer) => answer === 403).length).toBeGreaterThanOrEqual(10)
    })
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
    await waitFor(async () =>
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
      await waitFor(() => expect(existsSync(log)).toBe(true))
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
    const records = () => {
      const lines = proxy.output.stderr.split('\n').slice(0, -1)
      return lines.filter((line) => line.startsWith('{')).map((line) => JSON.parse(line))
    }
    const workers = () => new Set(records().map(workerOf)).size
    const answers: (number | string)[] = []
    // which worker a connection comes to is the kernel's choice: it may take some until both had one
    for (let tries = 0; tries < 50 && workers() < 2; tries++) {
      const load = startLoad(proxy.port, `${origin.url}/`, 8)
      await load.more(100)
      await load.stop()
      answers.push(...load.answers)
    }
    proxy.signal('SIGTERM')
    expect(await proxy.exit).toBe(0)
    expect(records().map(({ status }) => status)).toEqual(answers)
    expect(workers()).toBe(2)
  }, 60_000)

  test('a port that is taken is said once, with exit code 3', async () => {
    const origin = await startOrigin()
    const { status, stderr } = spawnSync(
      bin,
      [
        'start',
        '--workers',
        '2',
        '--engine',
        TEST_ENGINE,
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
      timeout: 60_000,
    })
    expect([status, stdout]).toEqual([0, '[]\n'])
  }, 30_000)
})

test('all workers go by the upstream, and together say how it stands', async () => {
  const origin = await startOrigin()
  const { port, env, signal, exit } = await startWorkers(2, '--upstream', 'socks5h://127.0.0.1:1')
  const statuses = await Promise.all(Array.from({ length: 12 }, () => fetchThrough(port, `${origin.url}/`)))
  expect(new Set(statuses)).toEqual(new Set([503]))
  const { stdout } = spawnSync(bin, ['upstreams', '--json'], { env, encoding: 'utf8' })
  expect(JSON.parse(stdout)).toMatchObject([
    {
      name: 'upstream',
      hops: ['socks5h://127.0.0.1:1'],
      status: 'down',
      lastError: 'it refuses connections',
      dials: 12,
    },
  ])
  signal('SIGTERM')
  expect(await exit).toBe(0)
})

test('all workers derive the same identities, and new ones reach them all, replaced ones too', async () => {
  const parent = await startRecordingParent({ takesAnybody: true, names: { 'www.a.test': '127.0.0.1' } })
  const origin = await startOrigin()
  const config = join(folder.path, 'isolated.yaml')
  const up = `{ url: "socks5h://127.0.0.1:${parent.port}", isolate: site }`
  writeFileSync(config, `upstreams: { up: ${up} }\nroute: [{ match: ["*"], via: up }]\n`)
  const proxy = await startWorkers(2, '--config', config)
  const url = `http://www.a.test:${new URL(origin.url).port}/`
  const ask = async (): Promise<void> => {
    const statuses = await Promise.all(Array.from({ length: 12 }, () => fetchThrough(proxy.port, url)))
    expect(new Set(statuses)).toEqual(new Set([200]))
  }
  const shown = (since: number) => new Set(parent.asked.slice(since).map(({ credentials }) => credentials))
  await ask()
  expect(shown(0).size).toBe(1)

  const renew = spawn(bin, ['identity', 'new', '--site', 'www.a.test', '--json'], { env: proxy.env })
  let answer = ''
  renew.stdout.on('data', (data) => (answer += data))
  expect((await once(renew, 'close'))[0]).toBe(0)
  expect(JSON.parse(answer)).toEqual({ site: 'a.test', generation: 1 })
  const before = parent.asked.length
  await ask()
  const renewed = shown(before)
  expect(renewed.size).toBe(1)
  expect(renewed).not.toEqual(shown(0))

  const [worker = 0, ...others] = proxy.workers()
  process.kill(worker, 'SIGKILL')
  await waitFor(() => expect(proxy.workers().filter((pid) => !others.includes(pid)).length).toBe(1))
  for (const pid of others) process.kill(pid, 'SIGKILL')
  const later = parent.asked.length
  await waitFor(ask)
  expect(shown(later)).toEqual(renewed)
  proxy.signal('SIGTERM')
  expect(await proxy.exit).toBe(0)
}, 30_000)
