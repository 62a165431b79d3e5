import { type AccessRecord, exchangeSettled } from '../channels.js'
import type { AccessLogFormat } from '../config/config.js'
import { formatCombined } from './formats/combined.js'
import { formatCommon } from './formats/common.js'
import { formatJson } from './formats/json.js'
import { formatPretty } from './formats/pretty.js'
import { formatSquid } from './formats/squid.js'
import { createLineBatch } from './line-batch.js'
import { type LogSink, type OnLoss, openFileSink, openStandardSink } from './log-sink.js'
import { createLineLogger } from './logger.js'
import { createLossReport } from './loss-report.js'

/** Characters that may wait for a slow disk or reader before lines are dropped: about 50,000 lines. */
const MAX_WAITING = 8 * 1024 * 1024

export type AccessLogOptions = {
  /** Path, or `-` for a standard stream. */
  readonly file: string
  readonly format: AccessLogFormat
  /** `-` means standard error: standard output belongs to a JSON document. */
  readonly toStderr?: boolean
  /** Told of lines that are lost, each time. */
  readonly onLoss?: (lines: number) => void
  /** Told when lines are lost: at once, then how many once a minute, and what is left at the end. */
  readonly onWarning?: (message: string) => void
  /** Takes the lines in place of `file`. */
  readonly openSink?: (onLoss: OnLoss) => LogSink
}

export type AccessLog = {
  /** Opens the file again after it was renamed (SIGUSR1). No line is lost; when it fails the old file goes on. */
  reopen(): void
  /** Writes what has gathered before it returns, where that is possible: the process is about to end. */
  flushNow(): void
  /** Stops listening; resolves when what was taken is written. */
  close(): Promise<void>
  /** Lines that never reached the log: disk full, or written slower than they came. */
  lostLines(): number
}

/**
 * Writes one line for each settled exchange from now on. Nothing that befalls
 * the log stops the proxy or makes it wait: lines are dropped and counted.
 *
 * @throws CannotRunError when the file cannot be opened for append
 */
export function createAccessLog(options: AccessLogOptions): AccessLog {
  const { file, format, toStderr = false, onLoss = () => {}, onWarning = () => {} } = options
  const openSink =
    options.openSink ??
    ((onLost) => (file === '-' ? openStandardSink(toStderr ? 2 : 1, onLost) : openFileSink(file, onLost)))
  const loss = createLossReport(onWarning)
  const sink = openSink((lines, error) => {
    onLoss(lines)
    loss.lost(lines, error.message)
  })
  const toLine = lineFormat(format, sink.colour)
  const lines = createLineLogger(sink.stream)
  const batch = createLineBatch((text) => lines.write(text))

  function onSettled(record: unknown): void {
    if (sink.stream.writableLength > MAX_WAITING) loss.lost(1, 'it is read or written too slowly')
    else batch.add(toLine(record as AccessRecord))
  }
  exchangeSettled.subscribe(onSettled)

  async function finish(): Promise<void> {
    exchangeSettled.unsubscribe(onSettled)
    batch.flush()
    await lines.close()
    await sink.finish()
    loss.close()
  }
  let finished: Promise<void> | undefined

  return {
    reopen() {
      batch.flush()
      try {
        sink.reopen()
      } catch (error) {
        onWarning(`cannot reopen the access log (${String(error)}); the old file is used further`)
      }
    },
    flushNow() {
      sink.hurry()
      batch.flush()
    },
    close() {
      finished ??= finish()
      return finished
    },
    lostLines: () => loss.total,
  }
}

/** The function that makes a record's line. */
export function lineFormat(format: AccessLogFormat, colour: boolean): (record: AccessRecord) => string {
  switch (format) {
    case 'pretty':
      return (record) => formatPretty(record, { colour })
    case 'json':
      return formatJson
    case 'squid':
      return formatSquid
    case 'common':
      return formatCommon
    case 'combined':
      return formatCombined
  }
}
