import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { compileRules } from '../../../src/compile-rules.js'
import { mergeSettings } from '../../../src/config/settings.js'
import { createCounts } from '../../../src/counts.js'
import { CannotRunError } from '../../../src/errors.js'
import { imageOf, type Measures, sumOf } from '../../../src/measures.js'
import type { FromWorker, ToWorker } from '../../../src/workers/messages.js'
import { createSupervisor, type SupervisorOptions } from '../../../src/workers/supervisor.js'

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

const CONFIG = mergeSettings({ listen: ['http://127.0.0.1:0'] })
const RULES = compileRules([])

/** A worker that does nothing by itself: the test says what it says. */
type Puppet = {
  readonly got: ToWorker[]
  isKilled: boolean
  say(message: FromWorker): void
  end(how?: string): void
}

type Sockets = Awaited<ReturnType<SupervisorOptions['openSockets']>>

function supervise(workers: number, sockets?: Sockets) {
  const puppets: Puppet[] = []
  const images: string[] = []
  const told: string[] = []
  const logger = (level: string) => (message: string) => void told.push(`${level} ${message}`)
  let noneLeft = 0
  const supervisor = createSupervisor({
    workers,
    spawn({ message, ended }, inherited) {
      const puppet: Puppet = {
        got: [],
        isKilled: false,
        say: message,
        end: (how = 'signal SIGKILL') => ended(how),
      }
      puppets.push(puppet)
      return {
        pid: 100 + puppets.length,
        sockets: inherited,
        send: (order) => puppet.got.push(order),
        kill() {
          puppet.isKilled = true
          ended('signal SIGKILL')
        },
      }
    },
    images: {
      async write(version) {
        images.push(`v${version}`)
        return `v${version}`
      },
      async remove(path) {
        images.splice(images.indexOf(path), 1)
      },
      close() {},
    },
    openSockets: async () => sockets,
    logger: { error: logger('error'), warn: logger('warn'), info: logger('info'), debug: logger('debug') },
    outlet: () => 'file',
    authorityOf: () => undefined,
    upstreamAuthoritiesOf: () => new Map(),
    secret: '00',
    onLines: (lines) => told.push(`lines ${lines}`),
    onNoneLeft: () => noneLeft++,
  })
  const at = (index: number): Puppet => {
    const puppet = puppets[index]
    if (puppet === undefined) throw new Error(`no worker ${index}`)
    return puppet
  }
  const last = (index: number): ToWorker | undefined => at(index).got.at(-1)
  return { supervisor, puppets, at, last, images, told, noneLeft: () => noneLeft }
}

const settle = (): Promise<void> => vi.advanceTimersByTimeAsync(0).then(() => {})

/** Brings a worker to where it has clients. */
function serve({ at, last }: ReturnType<typeof supervise>, index: number, port = 1_234): void {
  at(index).say({ kind: 'up' })
  const order = last(index)
  if (order?.kind !== 'load') throw new Error('not told to load')
  at(index).say({ kind: 'ready', version: order.orders.version })
  if (last(index)?.kind === 'listen') at(index).say({ kind: 'listening', addresses: [`http://127.0.0.1:${port}`] })
}

async function supervised(workers: number, sockets?: Sockets) {
  const all = supervise(workers, sockets)
  const listening = all.supervisor.listen(CONFIG, RULES)
  await settle()
  for (let i = 0; i < workers; i++) serve(all, i)
  return { ...all, addresses: await listening }
}

describe('supervisor', () => {
  test('the first worker takes the port, and the others then ask for the same', async () => {
    const all = supervise(2)
    const listening = all.supervisor.listen(CONFIG, RULES)
    await settle()
    for (const puppet of all.puppets) puppet.say({ kind: 'up' })
    for (const puppet of all.puppets) puppet.say({ kind: 'ready', version: 1 })
    expect([all.last(0)?.kind, all.last(1)?.kind]).toEqual(['listen', 'load'])
    all.at(0).say({ kind: 'listening', addresses: ['http://127.0.0.1:4321'] })
    expect(all.last(1)).toEqual({ kind: 'listen', urls: ['http://127.0.0.1:0'], sockets: [] })
    all.at(1).say({ kind: 'listening', addresses: ['http://127.0.0.1:4321'] })
    expect(await listening).toEqual(['http://127.0.0.1:4321'])
  })

  test('a worker that cannot listen fails the start with its message', async () => {
    const all = supervise(2)
    const listening = all.supervisor.listen(CONFIG, RULES)
    const failed = expect(listening).rejects.toThrow('the port is taken')
    await settle()
    all.at(0).say({ kind: 'unable', message: 'the port is taken' })
    await failed
    expect(all.puppets.every(({ isKilled }) => isKilled)).toBe(true)
  })

  test('one that ends is replaced; when all have ended, the next one asks for the port they had', async () => {
    const all = await supervised(2)
    all.at(0).end()
    await settle()
    serve(all, 2)
    expect(all.at(2).got.find(({ kind }) => kind === 'listen')).toEqual({
      kind: 'listen',
      urls: ['http://127.0.0.1:0'],
      sockets: [],
    })
    all.at(1).end()
    all.at(2).end()
    await vi.advanceTimersByTimeAsync(100)
    serve(all, 3)
    expect(all.at(3).got.find(({ kind }) => kind === 'listen')).toMatchObject({ kind: 'listen', urls: all.addresses })
    expect(all.told[0]).toMatch(/^error worker 1 \(process 101\) ended, .*signal SIGKILL; another one starts now$/)
  })

  test('nothing is committed before all are prepared, and done when all have committed', async () => {
    const all = await supervised(2)
    let isPrepared = false
    const preparing = all.supervisor.prepare(CONFIG, RULES).then((change) => {
      isPrepared = true
      return change
    })
    await settle()
    expect([all.last(0)?.kind, all.last(1)?.kind]).toEqual(['prepare', 'prepare'])
    all.at(0).say({ kind: 'prepared', version: 2, error: undefined })
    await settle()
    expect([isPrepared, all.last(0)?.kind]).toEqual([false, 'prepare'])
    all.at(1).say({ kind: 'prepared', version: 2, error: undefined })
    const change = await preparing
    const committing = change.commit()
    expect([all.last(0), all.last(1)]).toEqual([
      { kind: 'commit', version: 2 },
      { kind: 'commit', version: 2 },
    ])
    for (const puppet of all.puppets) puppet.say({ kind: 'committed', version: 2 })
    await committing
    // the one before may still be read by a worker that is starting
    expect(all.images).toEqual(['v1', 'v2'])
  })

  test('where one cannot prepare, all abandon, and what was in force stays', async () => {
    const all = await supervised(2)
    const preparing = all.supervisor.prepare(CONFIG, RULES)
    const failed = expect(preparing).rejects.toThrow('no memory')
    await settle()
    all.at(0).say({ kind: 'prepared', version: 2, error: undefined })
    all.at(1).say({ kind: 'prepared', version: 2, error: 'no memory' })
    await failed
    expect([all.last(0), all.last(1)]).toEqual([
      { kind: 'abandon', version: 2 },
      { kind: 'abandon', version: 2 },
    ])
    expect(all.images).toEqual(['v1'])
    all.at(0).end()
    await settle()
    all.at(2).say({ kind: 'up' })
    expect(all.last(2)).toMatchObject({ kind: 'load', orders: { version: 1 } })
  })

  test('a worker that dies during a reload comes up with the rules then in force, and has no client before', async () => {
    const all = await supervised(2)
    const preparing = all.supervisor.prepare(CONFIG, RULES)
    await settle()
    all.at(0).end()
    await settle()
    // the new one loads what is in force, and is ready before the change is
    all.at(2).say({ kind: 'up' })
    expect(all.last(2)).toMatchObject({ kind: 'load', orders: { version: 1 } })
    all.at(2).say({ kind: 'ready', version: 1 })
    expect(all.last(2)?.kind).toBe('load')
    all.at(1).say({ kind: 'prepared', version: 2, error: undefined })
    const committing = (await preparing).commit()
    expect(all.last(2)).toMatchObject({ kind: 'load', orders: { version: 2 } })
    all.at(2).say({ kind: 'ready', version: 2 })
    expect(all.last(2)?.kind).toBe('listen')
    all.at(1).say({ kind: 'committed', version: 2 })
    await committing
  })

  test('one that does not answer is ended and replaced, and holds up no reload', async () => {
    const all = await supervised(2)
    const preparing = all.supervisor.prepare(CONFIG, RULES)
    await settle()
    all.at(0).say({ kind: 'prepared', version: 2, error: undefined })
    await vi.advanceTimersByTimeAsync(60_000)
    expect(all.at(1).isKilled).toBe(true)
    const committing = (await preparing).commit()
    all.at(0).say({ kind: 'committed', version: 2 })
    await committing
  })

  test('one that ends too often is given up until a reload; when none is left, that is told', async () => {
    const all = await supervised(1)
    for (let i = 0; i < 5; i++) {
      all.at(i).end()
      await vi.advanceTimersByTimeAsync(1_000)
    }
    expect(all.puppets).toHaveLength(5)
    expect(all.noneLeft()).toBe(1)

    const two = await supervised(2)
    for (const index of [0, 2, 3, 4, 5]) {
      two.at(index).end()
      await vi.advanceTimersByTimeAsync(1_000)
    }
    expect([two.puppets.length, two.noneLeft()]).toEqual([6, 0])
    const preparing = two.supervisor.prepare(CONFIG, RULES)
    await settle()
    two.at(1).say({ kind: 'prepared', version: 2, error: undefined })
    void (await preparing).commit()
    expect(two.puppets).toHaveLength(7)
  })

  test('each hears of the connections of the others', async () => {
    const all = await supervised(3)
    all.at(0).say({ kind: 'connections', connections: 5 })
    all.at(1).say({ kind: 'connections', connections: 7 })
    await vi.advanceTimersByTimeAsync(20)
    expect([all.last(0), all.last(1), all.last(2)]).toEqual([
      { kind: 'others', connections: 7, workers: 2 },
      { kind: 'others', connections: 5, workers: 2 },
      { kind: 'others', connections: 12, workers: 2 },
    ])
  })

  test('asks all how they find the upstreams, and goes without those that end', async () => {
    const all = await supervised(2)
    const asking = all.supervisor.upstreamStates()
    expect(all.last(0)).toEqual({ kind: 'askUpstreams' })
    all.at(0).say({ kind: 'upstreams', states: [] })
    all.at(1).end('signal SIGKILL')
    expect(await asking).toEqual([[]])
  })

  test('new identities reach all, also one that comes later, before it has clients', async () => {
    const all = await supervised(2)
    const generations = { everywhere: 3, sites: [['a.test', 4]] as const }
    const order = { kind: 'identities', generations }
    let isDone = false
    const adopting = all.supervisor.adoptGenerations(generations).then(() => {
      isDone = true
    })
    expect([all.last(0), all.last(1)]).toEqual([order, order])
    all.at(0).say({ kind: 'identified' })
    await settle()
    expect(isDone).toBe(false)
    all.at(1).end()
    await adopting
    await settle()
    all.at(2).say({ kind: 'up' })
    expect(all.at(2).got.map(({ kind }) => kind)).toEqual(['load', 'identities'])
    // one that is loading when they change
    const changed = { everywhere: 5, sites: [] }
    const again = all.supervisor.adoptGenerations(changed)
    all.at(0).say({ kind: 'identified' })
    await again
    expect(all.last(2)).toEqual({ kind: 'identities', generations: changed })
    all.at(2).say({ kind: 'ready', version: 1 })
    expect(all.last(2)?.kind).toBe('listen')
  })

  test('a drain waits for all, adds up what was cut, and starts nobody again', async () => {
    const all = await supervised(2)
    const counting = all.supervisor.countBusy()
    all.at(0).say({ kind: 'counted', busy: 2 })
    all.at(1).say({ kind: 'counted', busy: 3 })
    expect(await counting).toBe(5)
    const closing = all.supervisor.close(30_000)
    expect(all.last(0)).toEqual({ kind: 'drain', drainMs: 30_000 })
    all.at(0).say({ kind: 'drained', cut: 1 })
    all.at(0).end('exit code 0')
    // stuck: its exchanges are counted as cut when its time is over
    await vi.advanceTimersByTimeAsync(35_000)
    expect(all.at(1).isKilled).toBe(true)
    expect(await closing).toBe(4)
    expect(all.puppets).toHaveLength(2)
  })

  test('what workers counted is told of each, and of those that have ended too, so that no counter goes back', async () => {
    const all = await supervised(2)
    const measuresOf = (connections: number, bytesToClient: number): Measures => ({
      counts: imageOf(Object.assign(createCounts(), { bytesToClient })),
      connections,
      tunnels: 0,
      sockets: 0,
      idleOrigins: 0,
      memoryBytes: 1,
      cpuSeconds: 2,
      descriptors: 3,
      descriptorLimit: 4,
      downUpstreams: [],
      lag: [],
    })
    const first = all.supervisor.measure()
    expect(all.last(0)).toEqual({ kind: 'measure' })
    all.at(0).say({ kind: 'measured', measures: measuresOf(5, 100) })
    all.at(1).say({ kind: 'measured', measures: measuresOf(7, 1_000) })
    expect((await first).map(({ connections }) => connections)).toEqual([5, 7])
    all.at(1).end()
    const second = all.supervisor.measure()
    all.at(0).say({ kind: 'measured', measures: measuresOf(6, 200) })
    const told = await second
    expect(told.map(({ connections }) => connections)).toEqual([6, 0])
    expect(sumOf(told.map(({ counts }) => counts)).bytesToClient).toBe(1_200)
    expect(told.reduce((sum, { cpuSeconds }) => sum + cpuSeconds, 0)).toBe(4)
    expect(told.reduce((sum, { descriptors }) => sum + descriptors, 0)).toBe(3)
  })

  test('messages and lines of workers are passed on, and SIGUSR1 reaches all', async () => {
    const all = await supervised(2)
    all.at(1).say({ kind: 'message', level: 'warn', message: 'disk full' })
    all.at(0).say({ kind: 'lines', lines: 'a\n' })
    expect(all.told).toEqual(['warn worker 2: disk full', 'lines a\n'])
    all.supervisor.reopenLogs()
    expect([all.last(0), all.last(1)]).toEqual([{ kind: 'reopenLog' }, { kind: 'reopenLog' }])
  })

  describe('with sockets of its own', () => {
    const URLS = ['http://127.0.0.1:4321']

    function openSockets() {
      const told: string[] = []
      const sockets = {
        addresses: URLS,
        of: (worker: number) => [20 + worker],
        giveUp: (worker: number) => void told.push(`give up ${worker}`),
        passTurn: () => void told.push('pass turn'),
        spread: () => void told.push('spread'),
        close: () => void told.push('close'),
      }
      return { told, sockets }
    }

    test('no worker waits for another one, and each place keeps its socket', async () => {
      const { sockets, told } = openSockets()
      const all = supervise(2, sockets)
      const listening = all.supervisor.listen(CONFIG, RULES)
      await settle()
      for (const puppet of all.puppets) puppet.say({ kind: 'up' })
      expect(all.last(0)).toMatchObject({ kind: 'load', orders: { config: { engine: 'native' } } })
      for (const puppet of all.puppets) puppet.say({ kind: 'ready', version: 1 })
      expect(all.last(0)).toEqual({ kind: 'listen', urls: URLS, sockets: [20] })
      expect(all.last(1)).toEqual({ kind: 'listen', urls: URLS, sockets: [21] })
      for (const puppet of all.puppets) puppet.say({ kind: 'listening', addresses: URLS })
      expect(await listening).toEqual(URLS)
      expect(all.supervisor.engine).toBe('native')
      all.at(1).end()
      await settle()
      serve(all, 2)
      expect(all.last(2)).toEqual({ kind: 'listen', urls: URLS, sockets: [21] })
      expect(told).toEqual([])
    })

    test('the one of a worker that is given up is closed, and all are as soon as it drains', async () => {
      const { sockets, told } = openSockets()
      const all = await supervised(2, sockets)
      all.at(1).end()
      for (let deaths = 2; deaths <= 5; deaths++) {
        await vi.advanceTimersByTimeAsync(500)
        all.puppets.at(-1)?.end()
      }
      expect(told).toEqual(['give up 1'])
      const closing = all.supervisor.close(1_000)
      expect([all.last(0)?.kind, told.at(-1)]).toEqual(['drain', 'close'])
      all.at(0).say({ kind: 'drained', cut: 0 })
      all.at(0).end('exit code 0')
      expect(await closing).toBe(0)
    })

    test('in a rush workers take turns, until it is over or they drain', async () => {
      const { sockets, told } = openSockets()
      const all = await supervised(2, sockets)
      all.at(1).say({ kind: 'rush' })
      expect(told).toEqual(['pass turn'])
      await vi.advanceTimersByTimeAsync(1_000)
      expect(told.at(-1)).toBe('spread')
      all.at(0).say({ kind: 'rush' })
      expect(told.at(-1)).toBe('pass turn')
      const closing = all.supervisor.close(0)
      expect(told.slice(-2)).toEqual(['spread', 'close'])
      all.at(0).say({ kind: 'rush' })
      expect(told.at(-1)).toBe('close')
      for (const index of [0, 1]) {
        all.at(index).say({ kind: 'drained', cut: 0 })
        all.at(index).end('exit code 0')
      }
      await closing
    })

    test('a place whose socket cannot be opened again stays empty, and that is said', async () => {
      const { sockets } = openSockets()
      let isTaken = false
      const all = await supervised(2, {
        ...sockets,
        of(worker) {
          if (isTaken) throw new CannotRunError('the port is taken')
          return sockets.of(worker)
        },
      })
      isTaken = true
      all.at(1).end()
      await settle()
      expect(all.puppets).toHaveLength(2)
      expect(all.told.at(-1)).toBe('error worker 2 is not started before a reload: the port is taken')
    })
  })
})
