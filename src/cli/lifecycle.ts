import type { EventEmitter } from 'node:events'
import { counted } from '../counted.js'
import type { Logger } from '../observe/logger.js'

/** What signals act on. */
export type Service = {
  /** How long exchanges have to end, in ms, when a stop begins. */
  drainMs(): number
  /** Client connections with an exchange or tunnel that has not ended. */
  openExchanges(): number | Promise<number>
  /**
   * Takes no new connection, gives exchanges this long to end, then cuts them off and says how many it cut. A second
   * call does not wait for the first.
   */
  close(drainMs: number): Promise<number>
  /** Rules and configuration anew, whole or not at all. Never fails. */
  reload(): Promise<void>
  reopenLogs(): void
  /** Writes what waits for the logs before it returns: the process is about to end. */
  flushLogs(): void
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

/** Resolves when a signal came and the exchanges have ended, or a second one came and they were cut off. */
function stopped(service: Service, signals: EventEmitter, logger: Logger): Promise<void> {
  return new Promise((resolve, reject) => {
    let ending: Promise<void> | undefined
    let isCutting = false

    async function drain(signal: string): Promise<void> {
      const drainMs = service.drainMs()
      const time = `${drainMs / 1_000} s`
      const closed = service.close(drainMs)
      // idle connections end in this turn of the loop
      await new Promise(setImmediate)
      const remain = counted(await service.openExchanges(), 'exchange')
      logger.info(`${signal}: no new connections; ${remain} left, with ${time} to end; a second signal ends now`)
      const cut = await closed
      if (cut > 0 && !isCutting) logger.warn(`${counted(cut, 'exchange')} did not end within ${time} and were cut off`)
    }
    async function endNow(signal: string): Promise<void> {
      isCutting = true
      logger.warn(`${signal} again: ${counted(await service.close(0), 'exchange')} cut off`)
    }
    function finish(): void {
      signals.off('SIGTERM', onStop)
      signals.off('SIGINT', onStop)
      resolve()
    }
    function onStop(signal: string): void {
      const mine = ending === undefined ? drain(signal) : endNow(signal)
      ending = mine
      // the last signal has the last word
      mine.then(() => {
        if (ending === mine) finish()
      }, reject)
    }

    signals.on('SIGTERM', onStop)
    signals.on('SIGINT', onStop)
  })
}
