import type { EventEmitter } from 'node:events'
import type { Logger } from '../observe/logger.js'

/** As long as Squid's shutdown_lifetime; service managers wait longer than that before they kill. */
const DRAIN_MS = 30_000

/** What signals act on. */
export type Service = {
  /** Exchanges that have not ended, tunnels among them. */
  openExchanges(): number
  /** Takes no new connection, gives exchanges this long to end, then ends them. A later call may shorten the time. */
  close(drainMs: number): Promise<void>
  /** Rules and configuration anew, whole or not at all. Never fails. */
  reload(): Promise<void>
  reopenLogs(): void
}

/**
 * Serves the signals of contract §1 until one has ended the service: SIGHUP
 * reloads, SIGUSR1 reopens log files, SIGTERM and SIGINT drain, a second one
 * ends at once.
 *
 * @param signals `process`
 */
export async function untilStopped(service: Service, signals: EventEmitter, logger: Logger): Promise<void> {
  let reloading: Promise<void> | undefined
  let isReloadWanted = false

  async function reloadWhileWanted(): Promise<void> {
    while (isReloadWanted) {
      isReloadWanted = false
      await service.reload()
    }
    reloading = undefined
  }
  function onHangup(): void {
    isReloadWanted = true
    reloading ??= reloadWhileWanted()
  }
  function onReopen(): void {
    logger.info('reopening log files')
    service.reopenLogs()
  }

  signals.on('SIGHUP', onHangup)
  signals.on('SIGUSR1', onReopen)
  try {
    await stopped(service, signals, logger)
  } finally {
    signals.off('SIGHUP', onHangup)
    signals.off('SIGUSR1', onReopen)
    await reloading
  }
}

/** Resolves when a signal came and the exchanges have ended, or a second one came and they were ended. */
function stopped(service: Service, signals: EventEmitter, logger: Logger): Promise<void> {
  return new Promise((resolve, reject) => {
    let deadline: NodeJS.Timeout | undefined

    function finish(error?: unknown): void {
      clearTimeout(deadline)
      signals.off('SIGTERM', onStop)
      signals.off('SIGINT', onStop)
      if (error === undefined) resolve()
      else reject(error)
    }
    function onStop(signal: string): void {
      const remain = countOf(service.openExchanges())
      if (deadline !== undefined) {
        logger.warn(`${signal} again: ending now, ${remain} cut off`)
        service.close(0).then(() => finish(), finish)
        return
      }
      logger.info(
        `${signal}: no new connections; ${remain} may end within ${DRAIN_MS / 1_000} s, a second signal ends now`,
      )
      // set before the service's own timer, so that it still counts what that one ends
      deadline = setTimeout(() => {
        const left = service.openExchanges()
        if (left > 0) logger.warn(`${countOf(left)} did not end within ${DRAIN_MS / 1_000} s: cut off`)
      }, DRAIN_MS)
      service.close(DRAIN_MS).then(() => finish(), finish)
    }

    signals.on('SIGTERM', onStop)
    signals.on('SIGINT', onStop)
  })
}

function countOf(exchanges: number): string {
  return `${exchanges} exchange${exchanges === 1 ? '' : 's'}`
}
