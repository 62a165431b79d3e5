import type { Generations } from '../app.js'
import { toListenAddress } from '../config/listen-url.js'
import { readRuleImage } from '../config/rule-image-file.js'
import { createCounts } from '../counts.js'
import { CannotRunError } from '../errors.js'
import { loadUpstreamReport } from '../load-ahead.js'
import { type AccessLog, createAccessLog } from '../observe/access-log.js'
import type { ListenAddress } from '../policy/own-listeners.js'
import type { RuleSet } from '../rules/rule.js'
import { type Change, createServing, type Serving } from '../serving.js'
import { chooseEngine } from '../transport/native-addon.js'
import { createGiveWay } from './give-way.js'
import type { FromWorker, Orders, ToWorker } from './messages.js'
import { createPrimarySink } from './primary-sink.js'
import { createRush } from './rush.js'

/** How soon after a client came at a socket of all workers the primary hears how many there are, where that is news, in ms. */
const REPORT_MS = 20
/** How soon it hears of it in any case, and of those that have gone. */
const REPORT_LATE_MS = 200
/** Connections that come and go all the time are no news. */
const NEWS_SHARE = 0.25
const NEWS_LEAST = 4

export type WorkerServiceOptions = {
  /** @param done called when it is on its way, with an error where it is not */
  readonly send: (message: FromWorker, done?: (error: Error | null) => void) => void
  /** Holds the thread up for so many ms. */
  readonly pause: (ms: number) => void
  /** Ends the process. */
  readonly exit: (code: number) => void
}

type Prepared = { readonly orders: Orders; readonly change: Change; readonly log: AccessLog | undefined }

/** A worker: does what the primary says, one message after the other. */
export function createWorkerService({ send, pause, exit }: WorkerServiceOptions): {
  receive(message: ToWorker): Promise<void>
  /** Writes the lines that wait, before it returns. */
  flushLog(): void
} {
  let loaded: { readonly orders: Orders; readonly ruleSet: RuleSet } | undefined
  let serving: Serving | undefined
  let accessLog: AccessLog | undefined
  let inForce: Orders | undefined
  let prepared: Prepared | undefined
  let generations: Generations | undefined
  const counts = createCounts()
  let drains = 0
  let lastDrain: Promise<void> = Promise.resolve()
  let reported = 0
  let reportTimer: NodeJS.Timeout | undefined
  let isNewsAwaited = false

  const say = (level: 'error' | 'warn' | 'info', message: string): void => send({ kind: 'message', level, message })
  const gives = createGiveWay({ own: () => serving?.connections ?? 0, now: () => performance.now(), pause })

  const noteRush = createRush(
    () => performance.now(),
    () => send({ kind: 'rush' }),
  )

  function report(): void {
    reportTimer = undefined
    const connections = serving?.connections ?? 0
    if (connections !== reported) send({ kind: 'connections', connections })
    reported = connections
    if (connections > 0) reportTimer = setTimeout(report, REPORT_LATE_MS).unref()
  }

  function reportNews(): void {
    isNewsAwaited = false
    const change = Math.abs((serving?.connections ?? 0) - reported)
    if (reportTimer !== undefined && change < Math.max(NEWS_LEAST, reported * NEWS_SHARE)) return
    clearTimeout(reportTimer)
    report()
  }

  function onClient(): void {
    if (!isNewsAwaited) {
      isNewsAwaited = true
      setTimeout(reportNews, REPORT_MS).unref()
    }
    gives.giveWay()
  }

  function openLog({ config, lines }: Orders): AccessLog | undefined {
    const { access } = config.log
    if (access.file === 'off') return undefined
    const onWarning = (message: string): void => say('warn', message)
    const onLoss = (lost: number): void => {
      counts.logLinesLost += lost
    }
    if (lines === 'file') return createAccessLog({ ...access, onLoss, onWarning })
    return createAccessLog({ ...access, onLoss, onWarning, openSink: () => createPrimarySink(send, lines.colour) })
  }

  /** What is being compiled. */
  let compiling: Orders | undefined
  const authorityOf = (): string | undefined => compiling?.authority
  const upstreamAuthoritiesOf = (): ReadonlyMap<string, string> => new Map(compiling?.upstreamAuthorities)

  async function tellUpstreams(): Promise<void> {
    send({ kind: 'upstreams', states: (await serving?.upstreamStates()) ?? [] })
  }

  async function listen(urls: readonly string[], sockets: readonly number[]): Promise<void> {
    if (loaded === undefined) return
    const { orders, ruleSet } = loaded
    loaded = undefined
    try {
      accessLog = openLog(orders)
      inForce = orders
      compiling = orders
      serving = createServing({
        config: { ...orders.config, listen: urls },
        ruleSet,
        giveWay: sockets.length === 0 ? onClient : noteRush,
        sockets,
        counts,
        alsoOwn: () => adminOf(compiling ?? orders),
        authorityOf,
        upstreamAuthoritiesOf,
        secret: Buffer.from(orders.secret, 'hex'),
        generations,
        onWarning: (message) => say('warn', message),
        onNotice: (message) => say('info', message),
        onFault: (error) => say('error', `fault in an exchange: ${error instanceof Error ? error.stack : error}`),
      })
      await serving.listen()
      send({ kind: 'listening', addresses: serving.addresses })
    } catch (error) {
      if (!(error instanceof CannotRunError)) throw error
      send({ kind: 'unable', message: error.message }, () => exit(3))
    }
  }

  async function prepare(orders: Orders): Promise<void> {
    const { version } = orders
    try {
      await loadUpstreamReport(orders.config)
      const ruleSet = await readImage(orders)
      if (serving === undefined) return
      const isSameLog = JSON.stringify(orders.config.log.access) === JSON.stringify(inForce?.config.log.access)
      const log = isSameLog ? accessLog : openLog(orders)
      compiling = orders
      prepared = { orders, change: serving.prepare(orders.config, ruleSet), log }
      send({ kind: 'prepared', version, error: undefined })
    } catch (error) {
      send({ kind: 'prepared', version, error: error instanceof Error ? error.message : String(error) })
    }
  }

  function commit(): void {
    if (prepared === undefined) return
    const { orders, change, log } = prepared
    prepared = undefined
    change.commit()
    inForce = orders
    const before = accessLog
    accessLog = log
    send({ kind: 'committed', version: orders.version })
    if (before !== log) void before?.close()
  }

  function abandon(): void {
    prepared?.change.abandon()
    if (prepared?.log !== accessLog) void prepared?.log?.close()
    prepared = undefined
  }

  /** Answers go in the order of the orders, whichever ends first: so the primary tells whose they are. */
  function drain(drainMs: number): Promise<void> {
    drains++
    lastDrain = answerDrain(serving?.close(drainMs), lastDrain)
    return lastDrain
  }

  async function answerDrain(closing: Promise<number> | undefined, before: Promise<void>): Promise<void> {
    const cut = (await closing) ?? 0
    await before
    await accessLog?.close()
    drains--
    send({ kind: 'drained', cut }, () => {
      // a second order to end may be under way
      if (drains === 0) exit(0)
    })
  }

  return {
    async receive(message) {
      switch (message.kind) {
        case 'load':
          await loadUpstreamReport(message.orders.config)
          loaded = { orders: message.orders, ruleSet: await readImage(message.orders) }
          send({ kind: 'ready', version: message.orders.version })
          return
        case 'listen':
          return listen(message.urls, message.sockets)
        case 'prepare':
          return prepare(message.orders)
        case 'commit':
          return commit()
        case 'abandon':
          return abandon()
        case 'others':
          return gives.noteOthers(message.connections, message.workers)
        case 'reopenLog':
          return accessLog?.reopen()
        case 'count':
          return send({ kind: 'counted', busy: serving?.busyConnections ?? 0 })
        case 'askUpstreams':
          return tellUpstreams()
        case 'identities':
          generations = message.generations
          serving?.adoptGenerations(generations)
          return send({ kind: 'identified' })
        case 'measure':
          return send({ kind: 'measured', measures: serving?.measure() })
        case 'drain':
          return drain(message.drainMs)
      }
    },
    flushLog: () => accessLog?.flushNow(),
  }
}

/** The primary's, with the port that it has. */
function adminOf({ config }: Orders): readonly ListenAddress[] {
  return config.admin.listen === '' ? [] : [toListenAddress(config.admin.listen)]
}

/** With the engine native all workers share the memory of an image; the primary alone writes them (image-store.ts). */
async function readImage({ image, config }: Orders): Promise<RuleSet> {
  const choice = chooseEngine(config.engine)
  const ruleSet = await readRuleImage(image, choice.engine === 'native' ? choice.addon.mapFile : undefined)
  if (ruleSet === undefined) throw new Error(`${image} is of another version`)
  return ruleSet
}
