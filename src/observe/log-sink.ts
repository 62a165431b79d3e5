import { fstatSync } from 'node:fs'
import { Writable } from 'node:stream'
import type { WriteStream } from 'node:tty'
import { appendToDescriptor, linesIn, openLogFile } from './log-file.js'

/** How long `finish` waits for a reader of standard output that does not read, in milliseconds. */
const FINISH_TIMEOUT_MS = 1_000

/** Where finished lines end up. */
export type LogSink = {
  /** Takes whole lines, with their line feeds, a write; `writableLength` is what waits. Never fails. */
  readonly stream: Writable
  /** Lines may be painted. */
  readonly colour: boolean
  /** Opens the file again after it was renamed. Throws the system's error, and then goes on with the old one. */
  reopen(): void
  /** From now on lines are written before `write` returns: the process is about to end. */
  hurry(): void
  /** Resolves when what was taken is written, or its reader has had its time. */
  finish(): Promise<void>
}

/** Told of lines that were not written: how many, and why. */
export type OnLoss = (lines: number, error: Error) => void

/** @throws CannotRunError when the file cannot be opened for append */
export function openFileSink(path: string, onLoss: OnLoss): LogSink {
  const { stream, reopen, hurry } = openLogFile(path, { onLoss })
  return { stream, colour: false, reopen, hurry, finish: () => ended(stream) }
}

/** @param fd 1 for standard output, 2 for standard error; it stays open */
export function openStandardSink(fd: 1 | 2, onLoss: OnLoss): LogSink {
  const kind = fstatSync(fd)
  const standard: WriteStream = fd === 1 ? process.stdout : process.stderr
  // Node writes to a file or /dev/full synchronously: a slow disk would hold up every exchange
  if (!standard.isTTY && !kind.isFIFO() && !kind.isSocket()) {
    const { stream, hurry } = appendToDescriptor(fd, { onLoss })
    return { stream, colour: false, reopen: nothing, hurry, finish: () => ended(stream) }
  }

  const stream = new Writable({
    decodeStrings: false,
    write(lines: string, _encoding, done) {
      standard.write(lines, (error) => {
        if (error) onLoss(linesIn(lines), error)
        done()
      })
    },
  })
  // what failed is told to the write
  standard.on('error', nothing)
  return {
    stream,
    colour: standard.isTTY === true && process.env.NO_COLOR === undefined,
    reopen: nothing,
    // Node writes to terminals and pipes at once
    hurry: nothing,
    finish: async () => {
      await Promise.race([ended(stream), patience()])
      standard.off('error', nothing)
    },
  }
}

function ended(stream: Writable): Promise<void> {
  return new Promise((resolve) => stream.end(() => resolve()))
}

function patience(): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, FINISH_TIMEOUT_MS).unref()
  })
}

function nothing(): void {
  // a standard stream has no path to open again, and its errors are told elsewhere
}
