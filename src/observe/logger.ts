import type { Writable } from 'node:stream'
import winston from 'winston'
import type { LogLevel } from '../config/config.js'
import { escapeControls, jsonLine } from './escape.js'
import { redactSecrets } from './redact.js'

/** Messages for people. Secrets are masked and control characters escaped, whatever is handed in. */
export type Logger = {
  error(message: string): void
  warn(message: string): void
  info(message: string): void
  debug(message: string): void
}

export type LoggerOptions = {
  readonly level: LogLevel
  /** A line of `{ ts, level, message }` each instead of text. */
  readonly json?: boolean
  /** Default standard error. */
  readonly stream?: Writable
}

/** A logger of one line a message. A stream that can no longer be written to loses messages and stops nothing. */
export function createLogger({ level, json = false, stream = process.stderr }: LoggerOptions): Logger {
  stream.on('error', ignore)
  const toLine = winston.format.printf((info) => {
    const message = redactSecrets(String(info.message))
    return json
      ? jsonLine({ ts: new Date().toISOString(), level: info.level, message })
      : message
          .split('\n')
          .map((line) => `veilgate: ${LABELS[info.level] ?? ''}${escapeControls(line)}`)
          .join('\n')
  })
  const logger = winston.createLogger({
    level,
    levels: LEVELS,
    format: toLine,
    transports: [new winston.transports.Stream({ stream, eol: '\n' })],
  })
  return {
    error: (message) => void logger.log('error', message),
    warn: (message) => void logger.log('warn', message),
    info: (message) => void logger.log('info', message),
    debug: (message) => void logger.log('debug', message),
  }
}

/** Finished lines on their way to a stream. */
export type LineLogger = {
  write(line: string): void
  /** Resolves when every line was handed to the stream. */
  close(): Promise<void>
}

/** Lines as they are, at no level: how the access log goes through winston. */
export function createLineLogger(stream: Writable): LineLogger {
  const logger = winston.createLogger({
    format: winston.format.printf((info) => String(info.message)),
    transports: [new winston.transports.Stream({ stream, eol: '\n' })],
  })
  return {
    write: (line) => void logger.log('info', line),
    close: () =>
      new Promise((resolve) => {
        logger.once('finish', resolve)
        logger.end()
      }),
  }
}

const LEVELS: Readonly<Record<LogLevel, number>> = { error: 0, warn: 1, info: 2, debug: 3 }
const LABELS: Readonly<Record<string, string>> = { error: 'error: ', warn: 'warning: ', debug: 'debug: ' }

function ignore(): void {
  // a reader that went away (EPIPE) is no reason to end the proxy
}
