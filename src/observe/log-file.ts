import { close, closeSync, constants, openSync, write, writeSync } from 'node:fs'
import { Writable } from 'node:stream'
import { CannotRunError } from '../errors.js'

/** Whoever rotates may read; others may not: the log says who went where. */
const MODE = 0o640

/** A FIFO without a reader then fails instead of stopping the proxy until one comes. */
const FLAGS = constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT | constants.O_NONBLOCK

/** UTF-8 takes at most three octets for a character of a string. */
const MOST_OCTETS = 3

/** Memory for what is being written is kept up to this size: a batch, not what has piled up before a slow disk. */
const KEPT_ROOM = 256 * 1024

export type LogFile = {
  /** Takes whole lines, with their line feeds, a write. Never fails: what cannot be written goes to `onLoss`. */
  readonly stream: Writable
  /** Opens the path again, for a rotated file. Throws the system's error and keeps the old file when that fails. */
  reopen(): void
  /** From now on lines are written before `write` returns: the process is about to end. */
  hurry(): void
}

export type LogFileOptions = {
  /** Told of each batch that was not written whole: how many lines, and why. */
  readonly onLoss: (lines: number, error: Error) => void
}

/**
 * A file that lines are appended to, one system call for all that have
 * gathered. Lines handed over before `reopen` may still go to the old file,
 * which is closed only when they are there, so none is lost.
 *
 * @throws CannotRunError when the file cannot be opened for append
 */
export function openLogFile(path: string, options: LogFileOptions): LogFile {
  let fd: number
  try {
    fd = openSync(path, FLAGS, MODE)
  } catch (error) {
    throw new CannotRunError(
      `cannot open the access log ${path} (${reasonOf(error)}); name a file veilgate may append to, or --access-log off`,
      { cause: error },
    )
  }
  return appendTo(fd, path, options)
}

/** The same for a descriptor that is open already and stays open: standard output that is a file. */
export function appendToDescriptor(fd: number, options: LogFileOptions): LogFile {
  return appendTo(fd, undefined, options)
}

function appendTo(firstFd: number, path: string | undefined, { onLoss }: LogFileOptions): LogFile {
  let fd = firstFd
  let isWriting = false
  let isHurried = false
  /** A write stopped inside a line: the next one begins with a line feed, so that it does not continue it. */
  let isTorn = false
  const replaced: number[] = []
  let room = Buffer.alloc(0)

  /** Valid until the next call. `Buffer.from` goes over the text twice. */
  function encode(text: string): Buffer {
    const most = text.length * MOST_OCTETS
    const target = most <= room.length ? room : Buffer.allocUnsafeSlow(Math.max(most, KEPT_ROOM))
    if (target.length <= KEPT_ROOM) room = target
    return target.subarray(0, target.write(text, 0, 'utf8'))
  }

  function append(text: string, done: () => void): void {
    const prefix = isTorn ? '\n' : ''
    const data = encode(prefix + text)
    if (isHurried) {
      writeNow(fd, data, onLoss)
      done()
      return
    }
    isWriting = true
    writeFrom(fd, data, 0, (error, written) => {
      isWriting = false
      for (const old of replaced.splice(0)) closeSync(old)
      if (written > 0) isTorn = data[written - 1] !== 0x0a
      if (error !== null) onLoss(linesIn(data, Math.max(written, prefix.length)), error)
      done()
    })
  }

  const stream = new Writable({
    decodeStrings: false,
    write(lines: string, _encoding, done) {
      append(lines, done)
    },
    writev(chunks, done) {
      append(chunks.map(({ chunk }) => String(chunk)).join(''), done)
    },
    final(done) {
      if (path === undefined) done()
      else close(fd, () => done())
    },
  })

  return {
    stream,
    reopen() {
      if (path === undefined || stream.writableEnded) return
      const next = openSync(path, FLAGS, MODE)
      if (isWriting) replaced.push(fd)
      else closeSync(fd)
      fd = next
      isTorn = false
    },
    hurry() {
      isHurried = true
    },
  }
}

function writeNow(fd: number, data: Buffer, onLoss: LogFileOptions['onLoss']): void {
  try {
    writeSync(fd, data)
  } catch (error) {
    onLoss(linesIn(data), error instanceof Error ? error : new Error(String(error)))
  }
}

function writeFrom(fd: number, data: Buffer, from: number, done: (error: Error | null, written: number) => void): void {
  write(fd, data, from, data.length - from, null, (error, count) => {
    const written = from + (error === null ? count : 0)
    if (error !== null || written === data.length) done(error, written)
    else writeFrom(fd, data, written, done)
  })
}

/** Lines that end behind `from`: those a reader of the file does not get whole. */
export function linesIn(data: Buffer | string, from = 0): number {
  let lines = 0
  for (let at = data.indexOf('\n', from); at !== -1; at = data.indexOf('\n', at + 1)) lines++
  return lines
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
