import { fstatSync } from 'node:fs'
import type { Writable } from 'node:stream'
import type { WriteStream } from 'node:tty'
import { type AccessRecord, exchangeSettled } from '../channels.js'
import type { AccessLogFormat } from '../config/config.js'
import { formatCombined } from './formats/combined.js'
import { formatCommon } from './formats/common.js'
import { formatJson } from './formats/json.js'
import { formatPretty } from './formats/pretty.js'
import { formatSquid } from './formats/squid.js'
import { appendToDescriptor, openLogFile } from './log-file.js'
import { createLineLogger } from './logger.js'

/** Characters that may wait for a slow disk or reader before lines are dropped: about 50,000 lines. */
const MAX_WAITING = 8 * 1024 * 1024

/** How long `close` waits for a reader of standard output that does not read, in milliseconds. */
const CLOSE_TIMEOUT_MS = 1_000

export type AccessLogOptions = {
  /** Path, or `-` for a standard stream. */
  readonly file: string
  readonly format: AccessLogFormat
  /** `-` means standard error: standard output belongs to a JSON document. */
  readonly toStderr?: boolean
  /** Told of lines that are lost, each time. */
  readonly onLoss?: (lines: number) => void
  /** Told once when lines are lost, and again only after `reopen`. */
  readonly onWarning?: (message: string) => void
}

export type AccessLog = {
  /** Opens the file again after it was renamed (SIGUSR1). No line is lost; when it fails the old file goes on. */
  reopen(): void
  /** Stops listening; resolves when what was taken is written. */
  close(): Promise<void>
  /** Lines that never reached the log: disk full, or written slower than they came. */
  lostLines(): number
}

type Sink = { readonly stream: Writable; readonly colour: boolean; reopen(): void; finish(): Promise<void> }

/**
 * Writes one line for each settled exchange from now on. Nothing that befalls
 * the log stops the proxy or makes it wait: lines are dropped and counted.
 *
 * @throws CannotRunError when the file cannot be opened for append
 */
export function createAccessLog({
  file,
  format,
  toStderr = false,
  onLoss: tell = () => {},
  onWarning = () => {},
}: AccessLogOptions): AccessLog {
  let lost = 0
  let hasWarned = false
  function lose(lines: number, why: string): void {
    lost += lines
    tell(lines)
    if (hasWarned) return
    hasWarned = true
    onWarning(`the access log loses lines: ${why}; exchanges go on unlogged until that ends`)
  }

  const onLoss = (lines: number, error: Error): void => lose(lines, error.message)
  const sink = file === '-' ? openStandardStream(toStderr ? 2 : 1, onLoss) : openFileSink(file, onLoss)
  const toLine = lineFormat(format, sink.colour)
  const lines = createLineLogger(sink.stream)

  function onSettled(record: unknown): void {
    if (sink.stream.writableLength > MAX_WAITING) lose(1, 'it is read or written too slowly')
    else lines.write(toLine(record as AccessRecord))
  }
  exchangeSettled.subscribe(onSettled)

  async function finish(): Promise<void> {
    exchangeSettled.unsubscribe(onSettled)
    await lines.close()
    await sink.finish()
  }
  let finished: Promise<void> | undefined

  return {
    reopen() {
      try {
        sink.reopen()
        hasWarned = false
      } catch (error) {
        onWarning(`cannot reopen the access log (${String(error)}); the old file is used further`)
      }
    },
    close() {
      finished ??= finish()
      return finished
    },
    lostLines: () => lost,
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

function openFileSink(path: string, onLoss: (lines: number, error: Error) => void): Sink {
  const { stream, reopen } = openLogFile(path, { onLoss })
  return { stream, colour: false, reopen, finish: () => new Promise((resolve) => stream.end(resolve)) }
}

function openStandardStream(fd: 1 | 2, onLoss: (lines: number, error: Error) => void): Sink {
  const kind = fstatSync(fd)
  const standard: WriteStream = fd === 1 ? process.stdout : process.stderr
  // Node writes to a file or /dev/full synchronously: a slow disk would hold up every exchange
  if (!standard.isTTY && !kind.isFIFO() && !kind.isSocket()) {
    const stream = appendToDescriptor(fd, { onLoss })
    return { stream, colour: false, reopen: nothing, finish: () => new Promise((resolve) => stream.end(resolve)) }
  }

  const onError = (error: Error): void => onLoss(1, error)
  standard.on('error', onError)
  return {
    stream: standard,
    colour: standard.isTTY && process.env.NO_COLOR === undefined,
    reopen: nothing,
    finish: async () => {
      await written(standard)
      standard.off('error', onError)
    },
  }
}

/** Resolves when the stream has written what it holds, or its reader has had its time. */
function written(stream: Writable): Promise<void> {
  if (stream.writableLength === 0) return Promise.resolve()
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, CLOSE_TIMEOUT_MS)
    stream.write('', () => {
      clearTimeout(timer)
      resolve()
    })
  })
}

function nothing(): void {
  // a standard stream has no path to open again
}
