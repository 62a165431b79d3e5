import { execFileSync } from 'node:child_process'
import {
  closeSync,
  constants,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  readSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Writable } from 'node:stream'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { CannotRunError } from '../../../src/errors.js'
import { appendToDescriptor, openLogFile } from '../../../src/observe/log-file.js'

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'veilgate-log-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

const noLoss = {
  onLoss: (lines: number, error: Error) => {
    throw new Error(`${lines} lines lost: ${error.message}`)
  },
}
const end = (stream: Writable): Promise<void> => new Promise((resolve) => stream.end(resolve))

describe('log file', () => {
  test('appends to what is there, in order', async () => {
    const path = join(folder, 'a.log')
    for (const part of ['first', 'second']) {
      const { stream } = openLogFile(path, noLoss)
      for (let i = 0; i < 100; i++) stream.write(`${part} ${i}\n`)
      await end(stream)
    }
    const lines = readFileSync(path, 'utf8').trimEnd().split('\n')
    expect(lines).toHaveLength(200)
    expect([lines[0], lines[99], lines[100], lines[199]]).toEqual(['first 0', 'first 99', 'second 0', 'second 99'])
  })

  test('is not readable by everybody', async () => {
    const path = join(folder, 'a.log')
    await end(openLogFile(path, noLoss).stream)
    expect(statSync(path).mode & 0o007).toBe(0)
  })

  test.each([
    ['a path in a folder that is not there', () => join(folder, 'none', 'a.log')],
    ['a folder', () => folder],
  ])('%s cannot be run with', (_what, path) => {
    expect(() => openLogFile(path(), noLoss)).toThrow(CannotRunError)
    expect(() => openLogFile(path(), noLoss)).toThrow(/cannot open the access log .*; name a file/)
  })

  test('reopening between any two lines loses and repeats none', async () => {
    const path = join(folder, 'a.log')
    const file = openLogFile(path, noLoss)
    for (let i = 0; i < 500; i++) {
      if (i % 50 === 49) {
        renameSync(path, `${path}.${i}`)
        file.reopen()
      }
      file.stream.write(`${i}\n`)
      if (i % 7 === 0) await new Promise(setImmediate)
    }
    await end(file.stream)
    const all = [path, ...Array.from({ length: 10 }, (_, i) => `${path}.${i * 50 + 49}`)]
      .map((name) => readFileSync(name, 'utf8'))
      .join('')
    const numbers = all.trimEnd().split('\n').map(Number)
    expect(numbers.sort((a, b) => a - b)).toEqual(Array.from({ length: 500 }, (_, i) => i))
  })

  test('a reopen that fails keeps the old file', async () => {
    const path = join(folder, 'sub', 'a.log')
    mkdirSync(join(folder, 'sub'))
    const file = openLogFile(path, noLoss)
    renameSync(join(folder, 'sub'), join(folder, 'moved'))
    expect(() => file.reopen()).toThrow(/ENOENT/)
    file.stream.write('still\n')
    await end(file.stream)
    expect(readFileSync(join(folder, 'moved', 'a.log'), 'utf8')).toBe('still\n')
  })

  test('reopening after the end opens nothing', async () => {
    const path = join(folder, 'a.log')
    const file = openLogFile(path, noLoss)
    await end(file.stream)
    rmSync(path)
    file.reopen()
    expect(() => statSync(path)).toThrow(/ENOENT/)
  })

  test('a full disk is told as the number of lines lost, and the stream goes on', async () => {
    const lost: [number, string][] = []
    const file = openLogFile('/dev/full', { onLoss: (lines, error) => lost.push([lines, error.message]) })
    for (let i = 0; i < 5; i++) file.stream.write(`line ${i}\n`)
    await end(file.stream)
    expect(lost.reduce((sum, [lines]) => sum + lines, 0)).toBe(5)
    expect(lost[0]?.[1]).toContain('ENOSPC')
  })

  test('a FIFO that nobody reads is an error at once and stops nothing', () => {
    const path = join(folder, 'fifo')
    execFileSync('mkfifo', [path])
    expect(() => openLogFile(path, noLoss)).toThrow(CannotRunError)
  })

  test('a line after one that was cut short begins on its own line', async () => {
    const path = join(folder, 'fifo')
    execFileSync('mkfifo', [path])
    const reader = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK)
    const lost: number[] = []
    const { stream } = openLogFile(path, { onLoss: (lines) => lost.push(lines) })

    const long = `${'x'.repeat(999)}\n`
    await new Promise((resolve) => stream.write(long.repeat(200), resolve)) // a pipe holds 64 KiB
    const before = readAvailable()
    expect(before.endsWith('x')).toBe(true)
    expect(lost).toEqual([200 - (before.length - (before.length % 1000)) / 1000])

    await new Promise((resolve) => stream.write('next\n', resolve))
    expect(readAvailable()).toBe('\nnext\n')
    await end(stream)
    closeSync(reader)

    function readAvailable(): string {
      const buffer = Buffer.alloc(1 << 20)
      return buffer.toString('latin1', 0, readSync(reader, buffer))
    }
  })

  test('a descriptor given is written to and left open', async () => {
    const path = join(folder, 'fd.log')
    const fd = openSync(path, 'a')
    await end(appendTo(fd))
    const again = appendTo(fd)
    again.write('two\n')
    await end(again)
    expect(readFileSync(path, 'utf8')).toBe('one\ntwo\n')

    function appendTo(descriptor: number): Writable {
      const { stream } = appendToDescriptor(descriptor, noLoss)
      if (readFileSync(path, 'utf8') === '') stream.write('one\n')
      return stream
    }
  })
})
