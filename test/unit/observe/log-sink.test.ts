import { mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { CannotRunError } from '../../../src/errors.js'
import { openFileSink, openStandardSink } from '../../../src/observe/log-sink.js'

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'veilgate-sink-'))
})
afterEach(() => {
  vi.restoreAllMocks()
  rmSync(folder, { recursive: true })
})

const never = (): never => {
  throw new Error('no line was lost')
}

describe('log sink', () => {
  test('a file has what was taken before and after it was opened again, each where it belongs', async () => {
    const path = join(folder, 'a.log')
    const sink = openFileSink(path, never)
    sink.stream.write('one\n')
    renameSync(path, `${path}.1`)
    sink.reopen()
    sink.stream.write('two\n')
    await sink.finish()
    expect([readFileSync(`${path}.1`, 'utf8'), readFileSync(path, 'utf8')]).toEqual(['one\n', 'two\n'])
    expect(sink.colour).toBe(false)
  })

  test('a file that cannot be opened says so', () => {
    expect(() => openFileSink(join(folder, 'none', 'a.log'), never)).toThrow(CannotRunError)
  })

  test('a standard stream that fails loses all lines of a write, and takes the next', async () => {
    const written: string[] = []
    let isBroken = true
    vi.spyOn(process.stderr, 'write').mockImplementation((text: string | Uint8Array, done?: unknown) => {
      if (!isBroken) written.push(String(text))
      const error = isBroken ? new Error('EPIPE') : null
      if (typeof done === 'function') done(error)
      return true
    })
    const lost: unknown[] = []
    const sink = openStandardSink(2, (lines, { message }) => lost.push([lines, message]))
    sink.stream.write('one\ntwo\n')
    isBroken = false
    sink.stream.write('three\n')
    await sink.finish()
    // where standard error is a file here, it is appended to by its descriptor
    if (lost.length > 0) expect([lost, written]).toEqual([[[2, 'EPIPE']], ['three\n']])
  })
})
