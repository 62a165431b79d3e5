import { gzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { gunzip, isGzip } from '../../../src/config/gunzip.js'

describe('gunzip', () => {
  test('unpacks all members of a file', async () => {
    const packed = Buffer.concat([gzipSync('a.test\n'), gzipSync('b.test\n')])
    expect(isGzip(packed)).toBe(true)
    expect((await gunzip(packed, 100)).toString()).toBe('a.test\nb.test\n')
  })

  test('stops at the limit and not before', async () => {
    const packed = gzipSync('x'.repeat(1_000))
    expect((await gunzip(packed, 1_000)).length).toBe(1_000)
    await expect(gunzip(packed, 999)).rejects.toThrow(RangeError)
    await expect(gunzip(gzipSync(Buffer.alloc(50_000_000)), 1_000_000)).rejects.toThrow('over 1000000 bytes unpacked')
  })

  test('says of a file that is cut off that it is damaged', async () => {
    const packed = gzipSync('x'.repeat(1_000))
    await expect(gunzip(packed.subarray(0, packed.length - 9), 1_000)).rejects.toThrow('damaged gzip file')
  })
})

test('text is not gzip', () => {
  expect(isGzip(Buffer.from('a.test'))).toBe(false)
  expect(isGzip(Buffer.alloc(0))).toBe(false)
})
