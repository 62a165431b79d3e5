import { setImmediate as nextTurn } from 'node:timers/promises'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { writeAll } from '../../../src/transport/write-all.js'
import { readAll, socketPair } from '../../helpers/socket-pair.js'

describe('writeAll', () => {
  test('what arrives is the head and the pieces in order, whatever their sizes', async () => {
    const head = fc.constantFrom('', 'HTTP/1.1 200 OK\r\n\r\n', `X: ${'é'.repeat(200)}\r\n\r\n`)
    const piece = fc.constantFrom(0, 1, 1_000, 16_384, 70_000).map((size) => Buffer.alloc(size, size % 251))
    await fc.assert(
      fc.asyncProperty(head, fc.array(piece, { maxLength: 4 }), async (text, pieces) => {
        const [near, far] = await socketPair()
        const received = readAll(far)
        writeAll(near, text, pieces)
        near.end()
        expect(await received).toBe(text + Buffer.concat(pieces).toString('latin1'))
      }),
      { numRuns: 25 },
    )
  })

  test('a small message is one write, a large one is corked into one vector', async () => {
    const [near] = await socketPair()
    const sizes: number[] = []
    const { write } = near
    near.write = ((chunk: Buffer | string, ...rest: never[]) => {
      sizes.push(chunk.length)
      return write.call(near, chunk, ...rest)
    }) as typeof near.write
    writeAll(near, 'head', [Buffer.alloc(10), Buffer.alloc(20)])
    expect(sizes).toEqual([34])
    // with those of the other exchanges of this turn
    expect(near.writableCorked).toBe(1)
    await nextTurn()
    writeAll(near, 'head', [Buffer.alloc(20_000)])
    expect(sizes).toEqual([34, 4, 20_000])
    expect(near.writableCorked).toBe(0)
  })

  test('says false when the socket holds back, and true for a socket that is gone', async () => {
    const [near, far] = await socketPair()
    far.pause()
    let isWritable = true
    for (let i = 0; i < 1_000 && isWritable; i++) isWritable = writeAll(near, '', [Buffer.alloc(1 << 20)])
    expect(isWritable).toBe(false)
    near.destroy()
    expect(writeAll(near, 'head', [])).toBe(true)
  })
})
