import { Writable } from 'node:stream'
import { describe, expect, test } from 'vitest'
import { copyOf, READ_BYTES, writeRecycled } from '../../../src/upstream/recycled.js'

/** Takes one chunk after the other, each when the test says so. */
function slowWritable() {
  const waiting: (() => void)[] = []
  const writable = new Writable({ highWaterMark: 1, write: (_chunk, _encoding, done) => void waiting.push(done) })
  return {
    writable,
    async takeOne() {
      waiting.shift()?.()
      await new Promise((resolve) => setImmediate(resolve))
    },
  }
}

function full(letter: string): Buffer {
  return copyOf(Buffer.alloc(READ_BYTES, letter))
}

describe('memory of large reads', () => {
  test('is used again once it is written, and not before', async () => {
    const { writable, takeOne } = slowWritable()
    const first = full('a')
    const second = full('b')
    expect(writeRecycled(writable, first)).toBe(false)
    writeRecycled(writable, second)
    expect([first.buffer, second.buffer]).not.toContain(full('c').buffer)
    expect([first.toString().at(-1), second.toString().at(-1)]).toEqual(['a', 'b'])
    await takeOne()
    expect(full('d').buffer).toBe(first.buffer)
    expect(second.toString().at(-1)).toBe('b')
    await takeOne()
    expect(copyOf(Buffer.alloc(READ_BYTES - 1, 'e')).buffer).toBe(second.buffer)
  })

  test('is not used again where little came', async () => {
    const { writable, takeOne } = slowWritable()
    const little = copyOf(Buffer.alloc(READ_BYTES / 2 - 1, 'a'))
    writeRecycled(writable, little)
    await takeOne()
    expect(full('b').buffer).not.toBe(little.buffer)
  })

  test('of others is written and not taken, nor is a part of ours', async () => {
    const { writable, takeOne } = slowWritable()
    const others = [Buffer.alloc(READ_BYTES), full('a').subarray(1)]
    for (const octets of others) writeRecycled(writable, octets)
    for (const _ of others) await takeOne()
    expect(others.map(({ buffer }) => buffer)).not.toContain(full('b').buffer)
  })

  test('is kept for one MiB at most', async () => {
    const { writable, takeOne } = slowWritable()
    const used = Array.from({ length: 20 }, () => full('a'))
    for (const octets of used) writeRecycled(writable, octets)
    for (const _ of used) await takeOne()
    const before = new Set(used.map(({ buffer }) => buffer))
    const again = Array.from({ length: 20 }, () => full('b')).filter(({ buffer }) => before.has(buffer))
    expect(again.length).toBe(16)
  })
})
