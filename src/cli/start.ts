import { text as readAll } from 'node:stream/consumers'
import { createProxyWith, type Proxy as ForwardProxy } from '../app.js'
import { cachePath, refuseCacheDirectory } from '../config/cache-directory.js'
import type { Config } from '../config/config.js'
import { identityOf } from '../config/file-identity.js'
import type { RuleFilesIo } from '../config/rule-text.js'
import { createFileWatch } from '../config/watch-files.js'
import { counted } from '../counted.js'
import { type Counts, createCounts } from '../counts.js'
import { CannotRunError } from '../errors.js'
import { type AccessLog, createAccessLog } from '../observe/access-log.js'
import { createLogger, type Logger } from '../observe/logger.js'
import type { RuleSet, SourceCounts } from '../rules/rule.js'
import { openControl } from './control.js'
import { createFleet, workersOf } from './fleet.js'
import { takeInheritedSockets } from './inherited-sockets.js'
import { type Service, untilStopped } from './lifecycle.js'
import { loadSetup, type Setup } from './load.js'
import type { StartOptions } from './options.js'
import type { Reloaded } from './reload.js'
import { createReloader } from './reloader.js'
import { createServiceManager } from './service-manager.js'
import { releaseYoungGeneration } from './young-generation.js'

/** A fault of ours. Not 1, which a script would read as an answer. */
const COULD_NOT_RUN = 3

/**
 * `veilgate start`: runs the proxy until a signal ends it.
 *
 * Longer than most files: what it starts with (signals held back, inherited sockets, a cache and logs that can be used) and
 * what a reload replaces of that are told in the order in which they happen; each part that stands alone has its file.
 *
 * @returns the exit code
 * @throws {InputError} options, configuration or rules are wrong
 * @throws {CannotRunError} a port is taken, a log cannot be written
 */
export async function start(options: StartOptions): Promise<number> {
  const early = holdSignals()
  const inherited = takeInheritedSockets(process.env, process.pid)
  const reader = createSetupReader(options)
  const loaded = await reader.read()
  const logger = createSwitchableLogger(loaded.config)
  const setup = await withUsableCache(loaded, logger)
  const service = await startService(setup, options, logger, reader, inherited)
  const onFault = (error: Error): never => {
    // what state the exchanges are in is unknown: going on could let through what rules forbid
    logger.error(`a fault of its own ends veilgate, please report it: ${error.stack}`)
    service.flushLogs()
    process.exit(COULD_NOT_RUN)
  }
  process.on('uncaughtException', onFault)
  const stopped = untilStopped(service, process, logger)
  early.release()
  releaseYoungGeneration()
  // whoever waits for this line may send a signal at once
  service.announce()
  await stopped
  process.off('uncaughtException', onFault)
  return 0
}

/** While rules are read, SIGHUP would end the process and SIGUSR1 open Node's debugger: they wait, and SIGHUP is made up for. */
function holdSignals(): { release(): void } {
  let isReloadWanted = false
  const onHangup = (): void => {
    isReloadWanted = true
  }
  const onReopen = (): void => {
    // the log is not open yet, or only just
  }
  process.on('SIGHUP', onHangup)
  process.on('SIGUSR1', onReopen)
  return {
    release() {
      process.off('SIGHUP', onHangup)
      process.off('SIGUSR1', onReopen)
      if (isReloadWanted) process.emit('SIGHUP', 'SIGHUP')
    },
  }
}

type SetupReader = {
  /** @throws {InputError} configuration or rules are wrong */
  read(previous?: RuleSet): Promise<Setup>
  /** The files that the last reading opened, and those before where it failed: path, and `identityOf` at that time. */
  readonly files: ReadonlyMap<string, string>
}

function createSetupReader(options: StartOptions): SetupReader {
  let text: Promise<string> | undefined
  let files = new Map<string, string>()
  return {
    get files() {
      return files
    },
    async read(previous) {
      const opened = new Map<string, string>()
      const io: RuleFilesIo = {
        // standard input ends with its first reading; a reload gets the same text again
        stdin() {
          text ??= readAll(process.stdin)
          return text
        },
        opening: (path) => void opened.set(path, identityOf(path)),
      }
      try {
        const setup = await loadSetup(options, io, previous)
        files = opened
        return setup
      } catch (error) {
        files = new Map([...files, ...opened])
        throw error
      }
    },
  }
}

type SwitchableLogger = Logger & { switchTo(config: Config): void }

/** A logger whose level a reload may change. */
function createSwitchableLogger(config: Config): SwitchableLogger {
  let logger = createLogger({ level: config.log.level })
  return {
    error: (message) => logger.error(message),
    warn: (message) => logger.warn(message),
    info: (message) => logger.info(message),
    debug: (message) => logger.debug(message),
    switchTo(next) {
      logger = createLogger({ level: next.log.level })
    },
  }
}

async function startService(
  setup: Setup,
  options: StartOptions,
  logger: SwitchableLogger,
  reader: SetupReader,
  inherited: readonly number[],
): Promise<Service & { announce(): void }> {
  let { config } = setup
  if (inherited.length > 0 && workersOf(config) > 1) {
    throw new CannotRunError('a socket that a service manager has opened is served by one worker: set workers: 1')
  }
  const manager = createServiceManager({
    env: process.env,
    onWarning: (message) => logger.warn(message),
    monotonic: () => process.hrtime.bigint(),
  })
  const counts = createCounts()
  const fleet = await createFleet(config, options, logger, () => {
    logger.error('no worker is left, and none stays alive: veilgate ends')
    process.exit(COULD_NOT_RUN)
  })
  const supervisor = fleet?.supervisor
  // workers write to the log themselves
  const openLog = (next: Config): AccessLog | undefined =>
    fleet === undefined ? openAccessLog(next, options, logger, counts) : undefined
  let accessLog = openLog(config)
  let logClosed: Promise<void> | undefined
  let stopping: Promise<void> | undefined
  const proxy = createProxyWith({ ...config, ruleSet: setup.ruleSet, logger, counts, inherited }, supervisor)
  let inForce = setup
  let kept = Promise.resolve()
  proxy.on('rules', (ruleSet) => {
    kept = kept.then(() => keepRules(inForce, ruleSet, logger))
  })
  try {
    await proxy.listen()
  } catch (error) {
    await accessLog?.close()
    throw error
  }
  if (proxy.adminAddress !== '') logger.info(`metrics and health on ${proxy.adminAddress}`)
  const reload = createReloader(reloadAll)
  const control = await openControl(config, proxy, reload, logger)
  const watch = createFileWatch({
    async onChange() {
      logger.info('a file of the configuration or of the rules has changed')
      await quietly(reload())
    },
    onWarning: (message) => logger.warn(message),
  })
  follow()
  // after the first clients are let in: they need not wait for a copy of the rules
  kept = kept.then(() => keepRules(inForce, proxy.rules, logger))

  function follow(): void {
    watch.follow(config.watch ? reader.files : new Map())
  }

  /** @throws what was wrong, after saying so; then nothing has changed */
  async function reloadAll(): Promise<Reloaded> {
    void manager.reloading()
    try {
      const next = await withUsableCache(await reader.read(proxy.rules), logger)
      await apply(next)
      kept = kept.then(() => keepRules(next, proxy.rules, logger))
      reportSkipped(proxy.rules.counts, logger)
      logger.info(`reloaded: ${counted(proxy.rules.size, 'rule')}`)
      return { rules: proxy.rules.size }
    } catch (error) {
      counts.isReloaded = false
      logger.error(
        `not reloaded, the old rules and configuration stay: ${error instanceof Error ? error.message : error}`,
      )
      throw error
    } finally {
      follow()
      void manager.ready(stateOf(proxy))
    }
  }

  async function apply(next: Setup): Promise<void> {
    const isSameLog = JSON.stringify(next.config.log.access) === JSON.stringify(config.log.access)
    const nextLog = isSameLog ? accessLog : openLog(next.config)
    try {
      await proxy.reload({ ...next.config, ruleSet: next.ruleSet })
    } catch (error) {
      if (!isSameLog) await nextLog?.close()
      throw error
    }
    const oldLog = accessLog
    accessLog = nextLog
    if (next.config.control !== config.control) {
      logger.warn('the place of the control socket changed: it takes effect at the next start')
    }
    if (next.config.workers !== config.workers) {
      logger.warn('the number of workers changed: it takes effect at the next start')
    }
    config = next.config
    inForce = next
    logger.switchTo(config)
    if (!isSameLog) await oldLog?.close()
  }

  return {
    announce() {
      announce(proxy, config, options, logger)
      void manager.ready(stateOf(proxy))
    },
    drainMs: () => config.limits.drainTimeoutMs,
    openExchanges: () => supervisor?.countBusy() ?? proxy.busyConnections,
    async close(drainMs) {
      watch.close()
      stopping ??= manager.stopping()
      const controlClosed = control?.close()
      const cut = await proxy.close({ drainMs })
      logClosed ??= (accessLog ?? fleet)?.close()
      await Promise.all([logClosed, kept, controlClosed, stopping])
      return cut
    },
    reload: () => quietly(reload()),
    reopenLogs: () => (accessLog?.reopen ?? supervisor?.reopenLogs)?.(),
    flushLogs: () => accessLog?.flushNow(),
  }
}

/** Lists are written from the start on: where that is not possible, it is said once, and nothing else is tried there. */
async function withUsableCache(setup: Setup, logger: Logger): Promise<Setup> {
  const { config } = setup
  const path = Object.keys(config.rules.lists).length === 0 ? undefined : cachePath(config.cache)
  const refused = path === undefined ? undefined : await refuseCacheDirectory(path, true)
  if (refused === undefined) return setup
  logger.warn(`the cache directory cannot be used, so nothing is kept for the next start: ${refused}`)
  return { ...setup, config: { ...config, cache: 'off' }, keepRules: async () => {} }
}

/** Without a cache the next start is slower, and that is all. */
async function keepRules(setup: Setup, ruleSet: RuleSet, logger: Logger): Promise<void> {
  try {
    await setup.keepRules(ruleSet)
  } catch (error) {
    logger.warn(`the compiled rules are not kept: ${error instanceof Error ? error.message : error}`)
  }
}

/** Who asked by a signal or by a change of a file has nobody to answer; the log has said it. */
async function quietly(reloading: Promise<Reloaded>): Promise<void> {
  try {
    await reloading
  } catch {
    // said
  }
}

function stateOf({ addresses, rules }: ForwardProxy): string {
  return `listening on ${addresses.join(' and ')}, ${counted(rules.size, 'rule')}`
}

function openAccessLog({ log }: Config, { json }: StartOptions, logger: Logger, counts: Counts): AccessLog | undefined {
  if (log.access.file === 'off') return undefined
  return createAccessLog({
    ...log.access,
    toStderr: json === true,
    onLoss(lines) {
      counts.logLinesLost += lines
    },
    onWarning: (message) => logger.warn(message),
  })
}

function announce(
  { addresses, engine, rules: ruleSet }: ForwardProxy,
  config: Config,
  { json }: StartOptions,
  logger: Logger,
): void {
  const workers = workersOf(config)
  const where = addresses.join(' and ')
  const what = `${counted(ruleSet.size, 'rule')}, headers ${config.headers.profile} (acts on http:// traffic only), engine ${engine}${workers === 1 ? '' : `, ${workers} workers`}${routesOf(config)}`
  process.stderr.write(`veilgate: listening on ${where}, ${what}\n`)
  if (ruleSet.size === 0 && ruleSet.defaultAction === 'allow') logger.warn('there is no rule: nothing is blocked')
  reportSkipped(ruleSet.counts, logger)
  const started = { listening: addresses, rules: ruleSet.size, engine, workers }
  if (json) process.stdout.write(`${JSON.stringify(started)}\n`)
}

/** What does not simply go direct. */
function routesOf({ route }: Config): string {
  const [only] = route
  if (only === undefined) return ''
  return route.length === 1 ? `, ${only.match.join(' ')} by ${only.via}` : `, ${route.length} routes`
}

/** Lines of lists that are no rules here: a reader of the list would think that they act. */
function reportSkipped(counts: readonly SourceCounts[], logger: Logger): void {
  for (const { list, skipped } of counts) {
    const reasons = Object.entries(skipped).map(([reason, lines]) => `${lines} ${reason}`)
    if (reasons.length > 0) logger.info(`${list}: lines skipped: ${reasons.join(', ')}`)
  }
}
