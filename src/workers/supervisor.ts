import type { Fleet, FleetChange, Generations } from '../app.js'
import type { Config } from '../config/config.js'
import { CannotRunError } from '../errors.js'
import { imageOf, type Measures, sumOf } from '../measures.js'
import type { RuleSet } from '../rules/rule.js'
import { type AcceptTurns, createAcceptTurns } from './accept-turns.js'
import type { ImageStore } from './image-store.js'
import type { FromWorker, LineOutlet, Orders, ToWorker } from './messages.js'
import { createRestartPolicy, type RestartPolicy } from './restart-policy.js'
import { toWorkerConfig } from './worker-config.js'
import type { WorkerSockets } from './worker-sockets.js'

/** A worker that has not answered after this long is taken for stuck and replaced, in ms. */
const PATIENCE_MS = 60_000

/** The same at the end, beyond the time its exchanges were given. */
const END_PATIENCE_MS = 5_000

/** How often workers hear of the connections of the others, in ms. */
const OTHERS_MS = 20

export type WorkerProcess = {
  readonly pid: number
  /** The descriptors that it inherited, by the numbers that it knows them by. */
  readonly sockets: readonly number[]
  send(message: ToWorker): void
  /** SIGKILL. */
  kill(): void
}

export type SpawnWorker = (
  hears: {
    message(message: FromWorker): void
    /** @param how `signal SIGKILL` or `exit code 3` */
    ended(how: string): void
  },
  /** Descriptors of this process to be inherited. */
  sockets: readonly number[],
) => WorkerProcess

export type SupervisorOptions = {
  readonly workers: number
  readonly spawn: SpawnWorker
  readonly images: ImageStore
  /** See `openWorkerSockets`. */
  readonly openSockets: (config: Config) => Promise<WorkerSockets | undefined>
  readonly logger: { readonly [level in 'error' | 'warn' | 'info' | 'debug']: (message: string) => unknown }
  readonly outlet: (config: Config) => LineOutlet
  readonly authorityOf: (config: Config) => string | undefined
  readonly upstreamAuthoritiesOf: (config: Config) => ReadonlyMap<string, string>
  /** Of this run, in hexadecimal: see `Orders`. */
  readonly secret: string
  /** Lines of the access log for the standard stream. */
  readonly onLines: (lines: string) => void
  /** No worker serves, and none will be started again. */
  readonly onNoneLeft: () => void
}

export type Supervisor = Fleet & {
  reopenLogs(): void
  /** Asks the workers for the exchanges and tunnels under way. */
  countBusy(): Promise<number>
}

/** What is left open by a process that has ended. */
const NOTHING_OPEN: Omit<Measures, 'counts' | 'cpuSeconds'> = {
  connections: 0,
  tunnels: 0,
  sockets: 0,
  idleOrigins: 0,
  memoryBytes: 0,
  descriptors: 0,
  descriptorLimit: 0,
  downUpstreams: [],
  lag: [],
}

/** A process's way to its clients. Only who listens or serves has to follow a change. */
type Phase = 'loading' | 'loaded' | 'listening' | 'serving'

type Place = {
  readonly number: number
  readonly policy: RestartPolicy
  process: WorkerProcess | undefined
  phase: Phase
  version: number
  startedAt: number
  connections: number
  busy: number
  /** What it told of itself last. */
  measures: Measures | undefined
  /** Not started again until something changes. */
  isGivenUp: boolean
  cancelStart: () => void
  /** Who waits for the end of the process. */
  readonly mourners: (() => void)[]
  /** Who waits for a message of this kind; `undefined` comes where the process ended. */
  readonly waiting: { readonly kind: FromWorker['kind']; readonly hear: (message: FromWorker | undefined) => void }[]
}

/**
 * Starts workers, keeps them running, and has them all answer by the same rules.
 *
 * Longer than most files: a worker may end at any moment of a reload, a renewal, a drain or a question, so all of them share
 * the list of places and who waits for each. What can be told apart has its file: restart-policy.ts, image-store.ts,
 * worker-sockets.ts, joined-lines.ts.
 */
export function createSupervisor(options: SupervisorOptions): Supervisor {
  const {
    spawn,
    images,
    openSockets,
    logger,
    outlet,
    authorityOf,
    upstreamAuthoritiesOf,
    secret,
    onLines,
    onNoneLeft,
  } = options
  const places: readonly Place[] = Array.from({ length: options.workers }, (_, i) => ({
    number: i + 1,
    policy: createRestartPolicy(),
    process: undefined,
    phase: 'loading',
    version: 0,
    startedAt: 0,
    connections: 0,
    busy: 0,
    measures: undefined,
    isGivenUp: false,
    cancelStart() {},
    mourners: [],
    waiting: [],
  }))
  let versions = 0
  let current: Orders | undefined
  let pending: Orders | undefined
  /** What replaced workers may still be loading. */
  let imageBefore: string | undefined
  /** Where clients connect, with the ports taken. */
  let addresses: readonly string[] | undefined
  /** What workers are told to listen at: all of them the same, for that is how they get the same socket. */
  let asked: readonly string[] = []
  /** With the engine native. */
  let sockets: WorkerSockets | undefined
  let turns: AcceptTurns | undefined
  let generations: Generations | undefined
  /** What those counted that have ended, as far as they told: a counter never goes back. */
  let departed: Measures | undefined
  let isClosing = false
  let othersTimer: NodeJS.Timeout | undefined
  let started: { readonly resolve: () => void; readonly reject: (error: Error) => void } | undefined

  const isFollowing = ({ process, phase }: Place): boolean =>
    process !== undefined && (phase === 'listening' || phase === 'serving')

  async function toOrders(config: Config, ruleSet: RuleSet): Promise<Orders> {
    const version = ++versions
    const authority = authorityOf(config)
    const upstreamAuthorities = [...upstreamAuthoritiesOf(config)]
    const image = await images.write(version, ruleSet)
    const workerConfig = toWorkerConfig(config, places.length, engineInUse())
    return { version, config: workerConfig, image, lines: outlet(config), authority, upstreamAuthorities, secret }
  }

  const engineInUse = () => (sockets === undefined ? 'js' : 'native')

  function start(place: Place): void {
    if (isClosing || current === undefined) return
    place.isGivenUp = false
    place.startedAt = performance.now()
    place.connections = 0
    place.busy = 0
    const inherited = socketsOf(place)
    if (inherited === undefined) return
    const hears = {
      message: (message: FromWorker) => hear(place, message),
      ended: (how: string) => onEnd(place, how),
    }
    place.process = spawn(hears, inherited)
  }

  /** Undefined where those that were given up cannot be had again. */
  function socketsOf(place: Place): readonly number[] | undefined {
    try {
      return sockets?.of(place.number - 1) ?? []
    } catch (error) {
      if (!(error instanceof CannotRunError)) throw error
      place.isGivenUp = true
      logger.error(`worker ${place.number} is not started before a reload: ${error.message}`)
      return undefined
    }
  }

  /** What is in force may have changed since it was started, or while it was loading. */
  function load(place: Place): void {
    if (current === undefined) return
    place.phase = 'loading'
    place.version = current.version
    place.process?.send({ kind: 'load', orders: current })
    if (generations !== undefined) place.process?.send({ kind: 'identities', generations })
  }

  /** Lets a worker that is ready have clients, once it has the rules that are in force and stay in force. */
  function admit(place: Place): void {
    const { process } = place
    if (process === undefined || place.phase !== 'loaded' || current === undefined || pending !== undefined) return
    if (place.version !== current.version) {
      load(place)
      return
    }
    const isAnyListening = places.some(isFollowing)
    // the first one takes the port that the others then ask for
    if (isAnyListening && addresses === undefined) return
    // a socket that nobody holds any more is gone, and with it the port that was free
    if (!isAnyListening && addresses !== undefined) asked = addresses
    place.phase = 'listening'
    process.send({ kind: 'listen', urls: asked, sockets: process.sockets })
  }

  function hear(place: Place, message: FromWorker): void {
    switch (message.kind) {
      case 'up':
        load(place)
        return
      case 'ready':
        place.phase = 'loaded'
        admit(place)
        return
      case 'listening':
        place.phase = 'serving'
        addresses ??= message.addresses
        noteStart()
        for (const other of places) admit(other)
        return
      case 'unable':
        logger.error(`worker ${place.number}: ${message.message}`)
        started?.reject(new CannotRunError(message.message))
        return
      case 'connections':
        place.connections = message.connections
        othersTimer ??= setTimeout(tellOthers, OTHERS_MS)
        return
      case 'rush':
        turns?.noteRush()
        return
      case 'message':
        logger[message.level](`worker ${place.number}: ${message.message}`)
        return
      case 'lines':
        onLines(message.lines)
        return
      case 'counted':
        place.busy = message.busy
        break
      default:
    }
    const index = place.waiting.findIndex(({ kind }) => kind === message.kind)
    if (index !== -1) place.waiting.splice(index, 1)[0]?.hear(message)
  }

  function tellOthers(): void {
    othersTimer = undefined
    const serving = places.filter(isFollowing)
    const all = serving.reduce((sum, { connections }) => sum + connections, 0)
    for (const { process, connections } of serving) {
      process?.send({ kind: 'others', connections: all - connections, workers: serving.length - 1 })
    }
  }

  function onEnd(place: Place, how: string): void {
    const pid = place.process?.pid
    bury(place)
    place.process = undefined
    place.phase = 'loading'
    place.connections = 0
    for (const { hear: told } of place.waiting.splice(0)) told(undefined)
    for (const mourn of place.mourners.splice(0)) mourn()
    othersTimer ??= setTimeout(tellOthers, OTHERS_MS)
    if (isClosing) return
    const delay = place.policy.died(performance.now() - place.startedAt)
    const what = `worker ${place.number} (process ${pid}) ended, and its exchanges with it: ${how}`
    if (delay === undefined) {
      place.isGivenUp = true
      sockets?.giveUp(place.number - 1)
      logger.error(`${what}; it ended too often soon after its start, and is not started again before a reload`)
      noteStart()
      if (places.every(({ isGivenUp }) => isGivenUp)) {
        started?.reject(new CannotRunError('no worker stays alive; see the messages above'))
        if (started === undefined) onNoneLeft()
      }
      return
    }
    logger.error(`${what}; another one starts ${delay === 0 ? 'now' : `in ${delay} ms`}`)
    const timer = setTimeout(() => start(place), delay)
    place.cancelStart = () => clearTimeout(timer)
  }

  function bury(place: Place): void {
    const { measures } = place
    place.measures = undefined
    if (measures === undefined) return
    const counts = imageOf(sumOf([measures.counts, ...(departed === undefined ? [] : [departed.counts])]))
    const cpuSeconds = measures.cpuSeconds + (departed?.cpuSeconds ?? 0)
    departed = { ...NOTHING_OPEN, counts, cpuSeconds }
  }

  async function measure(): Promise<readonly Measures[]> {
    await Promise.all(
      places.filter(isFollowing).map(async (place) => {
        const answer = await ask(place, { kind: 'measure' }, 'measured')
        if (answer?.measures !== undefined) place.measures = answer.measures
      }),
    )
    return [...places.map(({ measures }) => measures), departed].filter((measures) => measures !== undefined)
  }

  function noteStart(): void {
    const isAnyServing = places.some(({ phase, process }) => process !== undefined && phase === 'serving')
    const isSettled = places.every(({ phase, isGivenUp }) => phase === 'serving' || isGivenUp)
    if (isAnyServing && isSettled) started?.resolve()
  }

  /** Resolves with the answer, or undefined where the worker ended or was taken for stuck. */
  function ask<K extends FromWorker['kind']>(
    place: Place,
    message: ToWorker,
    kind: K,
    patienceMs = PATIENCE_MS,
  ): Promise<Extract<FromWorker, { readonly kind: K }> | undefined> {
    const { process } = place
    if (process === undefined) return Promise.resolve(undefined)
    return new Promise((resolve) => {
      const timer = setTimeout(() => {
        logger.error(`worker ${place.number} (process ${process.pid}) does not answer and is ended`)
        process.kill()
      }, patienceMs)
      place.waiting.push({
        kind,
        hear(answer) {
          clearTimeout(timer)
          resolve(answer as Extract<FromWorker, { readonly kind: K }> | undefined)
        },
      })
      process.send(message)
    })
  }

  async function commit(next: Orders): Promise<void> {
    const old = imageBefore
    imageBefore = current?.image
    current = next
    pending = undefined
    const { version } = next
    const committed = places.filter(isFollowing).map((place) => ask(place, { kind: 'commit', version }, 'committed'))
    for (const place of places) {
      place.policy.forget()
      if (place.isGivenUp) start(place)
      else admit(place)
    }
    await Promise.all(committed)
    if (old !== undefined) await images.remove(old)
  }

  async function prepare(config: Config, ruleSet: RuleSet): Promise<FleetChange> {
    const next = await toOrders(config, ruleSet)
    pending = next
    const following = places.filter(isFollowing)
    const answers = await Promise.all(
      following.map((place) => ask(place, { kind: 'prepare', orders: next }, 'prepared')),
    )
    const error = answers.find((answer) => answer?.error !== undefined)?.error
    if (error === undefined) return { commit: () => commit(next) }
    pending = undefined
    for (const { process } of following) process?.send({ kind: 'abandon', version: next.version })
    for (const place of places) admit(place)
    await images.remove(next.image)
    throw new Error(error)
  }

  async function end(place: Place, drainMs: number): Promise<number> {
    const { process } = place
    if (process === undefined) return 0
    if (!isFollowing(place)) {
      process.kill()
      await ended(place)
      return 0
    }
    const answer = await ask(place, { kind: 'drain', drainMs }, 'drained', drainMs + END_PATIENCE_MS)
    if (answer === undefined) return place.busy
    await ended(place)
    return answer.cut
  }

  function ended({ process, mourners }: Place): Promise<void> {
    return process === undefined ? Promise.resolve() : new Promise((resolve) => mourners.push(resolve))
  }

  async function close(drainMs: number): Promise<number> {
    isClosing = true
    for (const { cancelStart } of places) cancelStart()
    clearTimeout(othersTimer)
    turns?.stop()
    turns = undefined
    const ends = places.map((place) => end(place, drainMs))
    // their workers close them as soon as they hear of it
    sockets?.close()
    const cuts = await Promise.all(ends)
    images.close()
    return cuts.reduce((sum, cut) => sum + cut, 0)
  }

  return {
    get engine() {
      return engineInUse()
    },

    async listen(config, ruleSet) {
      try {
        sockets = await openSockets(config)
        turns = sockets && createAcceptTurns(sockets, logger.debug)
        addresses = sockets?.addresses
        asked = addresses ?? config.listen
        current = await toOrders(config, ruleSet)
        await new Promise<void>((resolve, reject) => {
          started = { resolve, reject }
          for (const place of places) start(place)
        })
      } catch (error) {
        await close(0)
        throw error
      } finally {
        started = undefined
      }
      return addresses ?? []
    },

    prepare,

    measure,

    close,

    reopenLogs() {
      for (const place of places) if (isFollowing(place)) place.process?.send({ kind: 'reopenLog' })
    },

    async upstreamStates() {
      const answers = await Promise.all(
        places.filter(isFollowing).map((place) => ask(place, { kind: 'askUpstreams' }, 'upstreams')),
      )
      return answers.flatMap((answer) => (answer === undefined ? [] : [answer.states]))
    },

    async adoptGenerations(next) {
      generations = next
      // these have no clients yet; one that does not hear so far hears of it with what it shall load
      for (const place of places) if (!isFollowing(place)) place.process?.send({ kind: 'identities', generations })
      await Promise.all(
        places.filter(isFollowing).map((place) => ask(place, { kind: 'identities', generations: next }, 'identified')),
      )
    },

    async countBusy() {
      const counts = await Promise.all(
        places.filter(isFollowing).map((place) => ask(place, { kind: 'count' }, 'counted')),
      )
      return counts.reduce((sum, answer) => sum + (answer?.busy ?? 0), 0)
    },
  }
}
