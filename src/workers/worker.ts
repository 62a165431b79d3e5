import { createLogger } from '../observe/logger.js'
import type { FromWorker, ToWorker } from './messages.js'
import { createWorkerService } from './worker-service.js'

/** The program of a worker process; supervisor.ts starts it. */

/** A fault of ours. */
const COULD_NOT_RUN = 3

const cell = new Int32Array(new SharedArrayBuffer(4))
const logger = createLogger({ level: 'error' })

// they come from a terminal or a service manager to all processes of a group: the primary says what they mean
for (const signal of ['SIGHUP', 'SIGUSR1', 'SIGTERM', 'SIGINT'] as const) process.on(signal, () => {})

const send = (message: FromWorker, done: (error: Error | null) => void = () => {}): void => {
  process.send?.(message, undefined, {}, done)
}
const service = createWorkerService({
  send,
  pause(ms) {
    Atomics.wait(cell, 0, 0, ms)
  },
  exit: (code) => process.exit(code),
})

function die(error: unknown): void {
  // what state the exchanges are in is unknown: going on could let through what rules forbid
  const stack = error instanceof Error ? error.stack : String(error)
  logger.error(`a fault of its own ends worker process ${process.pid}, please report it: ${stack}`)
  service.flushLog()
  process.exit(COULD_NOT_RUN)
}
process.on('uncaughtException', die)
process.on('message', (message: ToWorker) => {
  service.receive(message).catch(die)
})
send({ kind: 'up' })
