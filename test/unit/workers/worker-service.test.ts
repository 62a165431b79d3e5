import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { Agent, get } from 'node:http'
import { connect } from 'node:net'
import { join } from 'node:path'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { compileRules } from '../../../src/compile-rules.js'
import { writeRuleImage } from '../../../src/config/rule-image-file.js'
import { mergeSettings, type Settings } from '../../../src/config/settings.js'
import type { FromWorker, LineOutlet, Orders } from '../../../src/workers/messages.js'
import { createWorkerService } from '../../../src/workers/worker-service.js'
import { openWorkerSockets } from '../../../src/workers/worker-sockets.js'
import { hasNativeEngine } from '../../helpers/engines.js'
import { turn } from '../../helpers/raw-peer.js'
import { createTempFolder } from '../../helpers/temp-folder.js'
import { waitFor } from '../../helpers/wait-for.js'

const folder = createTempFolder()
const services: ReturnType<typeof createWorkerService>[] = []
let versions = 0

afterEach(async () => {
  for (const service of services.splice(0)) await service.receive({ kind: 'drain', drainMs: 0 })
})

function startService() {
  const said: FromWorker[] = []
  const exits: number[] = []
  const service = createWorkerService({
    send(message, done) {
      said.push(message)
      done?.(null)
    },
    pause() {},
    exit: (code) => exits.push(code),
  })
  services.push(service)
  return { service, said, exits }
}

async function ordersFor(rules: string, settings: Settings = {}, lines: LineOutlet = 'file'): Promise<Orders> {
  const version = ++versions
  const image = join(folder.path, `${version}.bin`)
  await writeRuleImage(image, compileRules([{ name: 't.rules', text: rules }]))
  const log = { access: { file: 'off', format: 'json' as const, ...settings.log?.access } }
  return {
    version,
    config: mergeSettings({ engine: 'js', ...settings, log }),
    image,
    lines,
    authority: undefined,
    upstreamAuthorities: [],
    secret: '00',
  }
}

/** Connections that have asked once and stay. */
async function connectAgents(port: number, count: number): Promise<readonly Agent[]> {
  const agents = Array.from({ length: count }, () => new Agent({ keepAlive: true }))
  const ask = (agent: Agent): Promise<unknown> =>
    new Promise((resolve) => {
      const headers = { Host: 'a.test' }
      get({ host: '127.0.0.1', port, path: 'http://a.test/', headers, agent }, (answer) => {
        answer.resume().on('end', resolve)
      })
    })
  await Promise.all(agents.map(ask))
  return agents
}

/** Brings a service to where it has clients, and returns its port. */
async function serve(
  { service, said }: ReturnType<typeof startService>,
  orders: Orders,
  sockets: readonly number[] = [],
): Promise<number> {
  await service.receive({ kind: 'load', orders })
  expect(said.at(-1)).toEqual({ kind: 'ready', version: orders.version })
  await service.receive({ kind: 'listen', urls: ['http://127.0.0.1:0'], sockets })
  const answer = said.at(-1)
  if (answer?.kind !== 'listening') throw new Error('it does not listen')
  return Number(new URL(answer.addresses[0] ?? '').port)
}

function statusOf(port: number, host: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const agent = new Agent()
    get({ host: '127.0.0.1', port, path: `http://${host}/`, headers: { Host: host }, agent }, (answer) => {
      answer.resume().on('end', () => resolve(answer.statusCode ?? 0))
    }).on('error', reject)
  })
}

describe('worker service', () => {
  test('answers by the new rules when it is told to commit, not when it has prepared', async () => {
    const worker = startService()
    const port = await serve(worker, await ordersFor('block a.test\nblock b.test\n'))
    expect(await statusOf(port, 'a.test')).toBe(403)
    const next = await ordersFor('block a.test\n', { rules: { blockStatus: 451 } })
    await worker.service.receive({ kind: 'prepare', orders: next })
    expect(worker.said.at(-1)).toEqual({ kind: 'prepared', version: next.version, error: undefined })
    expect(await statusOf(port, 'a.test')).toBe(403)
    await worker.service.receive({ kind: 'commit', version: next.version })
    expect(worker.said.at(-1)).toEqual({ kind: 'committed', version: next.version })
    expect(await statusOf(port, 'a.test')).toBe(451)
  })

  test('what it abandons never comes into force, and an image that it cannot read is said', async () => {
    const worker = startService()
    const port = await serve(worker, await ordersFor('block a.test\n'))
    const next = await ordersFor('block a.test\n', { rules: { blockStatus: 451 } })
    await worker.service.receive({ kind: 'prepare', orders: next })
    await worker.service.receive({ kind: 'abandon', version: next.version })
    await worker.service.receive({ kind: 'commit', version: next.version })
    expect(await statusOf(port, 'a.test')).toBe(403)
    await worker.service.receive({ kind: 'prepare', orders: { ...next, image: join(folder.path, 'none.bin') } })
    expect(worker.said.at(-1)).toMatchObject({ kind: 'prepared', error: expect.stringContaining('ENOENT') })
  })

  test('a log that cannot be opened is said, and ends it', async () => {
    const worker = startService()
    const file = join(folder.path, 'none', 'a.log')
    await worker.service.receive({
      kind: 'load',
      orders: await ordersFor('block a.test\n', { log: { access: { file } } }),
    })
    await worker.service.receive({ kind: 'listen', urls: ['http://127.0.0.1:0'], sockets: [] })
    expect(worker.said.at(-1)).toMatchObject({ kind: 'unable', message: expect.stringContaining('cannot open') })
    expect(worker.exits).toEqual([3])
  })

  test('writes its exchanges to the file, or sends their lines where the primary has the stream', async () => {
    const file = join(folder.path, 'a.log')
    const worker = startService()
    const port = await serve(worker, await ordersFor('block a.test\n', { log: { access: { file } } }))
    await statusOf(port, 'a.test')
    await worker.service.receive({ kind: 'reopenLog' })
    const next = await ordersFor('block a.test\n', { log: { access: { file: '-' } } }, { colour: false })
    await worker.service.receive({ kind: 'prepare', orders: next })
    await worker.service.receive({ kind: 'commit', version: next.version })
    await statusOf(port, 'a.test')
    worker.service.flushLog()
    await waitFor(() => expect(worker.said.some(({ kind }) => kind === 'lines')).toBe(true))
    const [lines] = worker.said.filter((message) => message.kind === 'lines')
    expect(JSON.parse(lines?.lines ?? '').status).toBe(403)
    await waitFor(() => expect(readFileSync(file, 'utf8').trimEnd().split('\n')).toHaveLength(1))
  })

  test('answers two orders to end in their order, each with what it cut', async () => {
    const worker = startService()
    const port = await serve(worker, await ordersFor('block a.test\n'))
    const client = connect(port, '127.0.0.1', () => client.write('GET http://a.te'))
    client.on('error', () => {})
    await waitFor(async () => {
      await worker.service.receive({ kind: 'count' })
      expect(worker.said.at(-1)).toEqual({ kind: 'counted', busy: 1 })
    })
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
    try {
      const first = worker.service.receive({ kind: 'drain', drainMs: 60_000 })
      vi.advanceTimersByTime(10)
      const second = worker.service.receive({ kind: 'drain', drainMs: 0 })
      // the first looks before the connection has told that it is closed, and sees that after the second
      vi.advanceTimersByTime(10)
      await once(client, 'close')
      for (let turns = 0; turns < 10; turns++) {
        await turn()
        vi.advanceTimersByTime(10)
      }
      await Promise.all([first, second])
    } finally {
      vi.useRealTimers()
    }
    expect(worker.said.filter(({ kind }) => kind === 'drained')).toEqual([
      { kind: 'drained', cut: 0 },
      { kind: 'drained', cut: 1 },
    ])
    expect(worker.exits).toEqual([0])
  })

  test('tells how many connections it has, counts what is under way, and drains', async () => {
    const worker = startService()
    const port = await serve(worker, await ordersFor('block a.test\n'))
    await worker.service.receive({ kind: 'others', connections: 0, workers: 1 })
    const agents = await connectAgents(port, 4)
    await waitFor(() => expect(worker.said).toContainEqual({ kind: 'connections', connections: 4 }))
    await worker.service.receive({ kind: 'count' })
    expect(worker.said).toContainEqual({ kind: 'counted', busy: 0 })
    await worker.service.receive({ kind: 'askUpstreams' })
    expect(worker.said).toContainEqual({ kind: 'upstreams', states: [] })
    await worker.service.receive({ kind: 'identities', generations: { everywhere: 1, sites: [] } })
    expect(worker.said).toContainEqual({ kind: 'identified' })
    await worker.service.receive({ kind: 'drain', drainMs: 1_000 })
    expect(worker.said.at(-1)).toEqual({ kind: 'drained', cut: 0 })
    expect(worker.exits).toEqual([0])
    for (const agent of agents) agent.destroy()
  })

  test.runIf(hasNativeEngine)('with a socket of its own tells of a rush of clients', async () => {
    vi.useFakeTimers({ toFake: ['performance'] })
    try {
      const orders = await ordersFor('block a.test\n', { engine: 'native' })
      const own = await openWorkerSockets({ ...orders.config, listen: ['http://127.0.0.1:0'] }, 1, () => {})
      const worker = startService()
      const port = await serve(worker, orders, own?.of(0))
      const rushes = () => worker.said.filter(({ kind }) => kind === 'rush').length
      for (let client = 0; client < 511; client++) expect(await statusOf(port, 'a.test')).toBe(403)
      expect(rushes()).toBe(0)
      await statusOf(port, 'a.test')
      expect(rushes()).toBe(1)
    } finally {
      vi.useRealTimers()
    }
  })

  test.runIf(hasNativeEngine)(
    'with a socket of its own tells nobody how many connections it has: the kernel spreads them',
    async () => {
      const orders = await ordersFor('block a.test\n', { engine: 'native' })
      const own = await openWorkerSockets({ ...orders.config, listen: ['http://127.0.0.1:0'] }, 1, () => {})
      const worker = startService()
      const port = await serve(worker, orders, own?.of(0))
      vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
      try {
        const agents = await connectAgents(port, 6)
        vi.advanceTimersByTime(1_000)
        expect(worker.said.filter(({ kind }) => kind === 'connections')).toEqual([])
        for (const agent of agents) agent.destroy()
      } finally {
        vi.useRealTimers()
      }
    },
  )
})
