import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { ACCEPTED_CODINGS, decodeBody } from '../../../src/subscriptions/decode-body.js'

const text = Buffer.from('||ads.test^\n'.repeat(1_000))
const MAX = text.length

describe('a body', () => {
  test.each([
    ['', text],
    ['identity', text],
    ['gzip', gzipSync(text)],
    ['X-GZIP', gzipSync(text)],
    [' br ', brotliCompressSync(text)],
    ['deflate', deflateSync(text)],
    ['deflate', deflateRawSync(text)],
  ])('with coding %j comes out whole', async (coding, body) => {
    expect((await decodeBody(body, coding, MAX)).equals(text)).toBe(true)
  })

  test.each([
    ['gzip', gzipSync(text)],
    ['br', brotliCompressSync(text)],
    ['deflate', deflateSync(text)],
  ])('with coding %s that is larger unpacked than may be is refused', async (coding, body) => {
    await expect(decodeBody(body, coding, MAX - 1)).rejects.toThrow(`it is over ${MAX - 1} bytes unpacked (maxBytes)`)
  })

  test.each([
    ['gzip', gzipSync(text).subarray(0, 40)],
    ['gzip', text],
    ['br', Buffer.from('no brotli')],
    ['deflate', deflateSync(text).subarray(0, 20)],
  ])('with coding %s that is damaged or cut off is refused', async (coding, body) => {
    await expect(decodeBody(body, coding, MAX)).rejects.toThrow(`content coding ${coding} is damaged or cut off`)
  })

  test.each(['zstd', 'gzip, br', 'toString'])('with a coding that was not asked for is refused: %s', async (coding) => {
    await expect(decodeBody(text, coding, MAX)).rejects.toThrow('was not asked for')
  })
})

test('every coding that is asked for is understood', async () => {
  for (const coding of ACCEPTED_CODINGS.split(', ')) {
    await expect(decodeBody(Buffer.from('x'), coding, MAX)).rejects.toThrow('damaged')
  }
})
