import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  lowPrint,
  MAX_PRINTS,
  PRINT_WORDS,
  type PrintKey,
  printSuffixes,
} from '../../../../src/rules/compiled/suffix-prints.js'

/** HalfSipHash-1-3 with 64 bits of output as its authors state it, over bytes in reading order. */
function halfSipHash(bytes: readonly number[], { k0, k1 }: PrintKey): readonly [high: number, low: number] {
  const v = [k0 >>> 0, (k1 ^ 0xee) >>> 0, (0x6c796765 ^ k0) >>> 0, (0x74656462 ^ k1) >>> 0] as [
    number,
    number,
    number,
    number,
  ]
  const add = (a: number, b: number) => (a + b) % 2 ** 32
  const rotate = (x: number, bits: number) => ((x * 2 ** bits) % 2 ** 32) + Math.floor(x / 2 ** (32 - bits))
  const xor = (a: number, b: number) => (a ^ b) >>> 0
  const round = () => {
    v[0] = add(v[0], v[1])
    v[1] = xor(rotate(v[1], 5), v[0])
    v[0] = rotate(v[0], 16)
    v[2] = add(v[2], v[3])
    v[3] = xor(rotate(v[3], 8), v[2])
    v[0] = add(v[0], v[3])
    v[3] = xor(rotate(v[3], 7), v[0])
    v[2] = add(v[2], v[1])
    v[1] = xor(rotate(v[1], 13), v[2])
    v[2] = rotate(v[2], 16)
  }
  const rounds = (count: number) => {
    for (let i = 0; i < count; i++) round()
  }
  const take = (word: number) => {
    v[3] = xor(v[3], word)
    rounds(1)
    v[0] = xor(v[0], word)
  }
  const whole = bytes.length - (bytes.length % 4)
  const wordAt = (i: number) => [0, 1, 2, 3].reduce((sum, k) => sum + (bytes[i + k] ?? 0) * 2 ** (8 * k), 0)
  for (let i = 0; i < whole; i += 4) take(wordAt(i))
  take((wordAt(whole) + (bytes.length % 256) * 2 ** 24) % 2 ** 32)
  v[2] = xor(v[2], 0xee)
  rounds(3)
  const high = xor(v[1], v[3])
  v[1] = xor(v[1], 0xdd)
  rounds(3)
  return [high, xor(v[1], v[3])]
}

const out = new Uint32Array(MAX_PRINTS * PRINT_WORDS)

function prints(name: string, key: PrintKey, every = true): { text: string; print: readonly [number, number] }[] {
  const bytes = new TextEncoder().encode(`..${name}..`)
  const printed = printSuffixes(key, bytes, 2, bytes.length - 2, every, out)
  return Array.from({ length: printed }, (_, i) => ({
    text: name.slice((out[i * PRINT_WORDS + 1] ?? 0) - 2),
    print: [out[i * PRINT_WORDS] ?? 0, lowPrint(out, i)],
  }))
}

const label = fc.string({ unit: fc.constantFrom(...'abcz09-_'), minLength: 1, maxLength: 9 })
const name = fc.array(label, { minLength: 1, maxLength: 8 }).map((labels) => labels.join('.'))
const word = fc.integer()
const key = fc.record({ k0: word, k1: word })

describe('prints', () => {
  // Every suffix of a name is printed once, the longest last, as HalfSipHash prints it read backwards.
  test('are those of an independent HalfSipHash', () => {
    fc.assert(
      fc.property(name, key, (text, secret) => {
        const labels = text.split('.')
        const expected = labels.map((_, i) => labels.slice(labels.length - 1 - i).join('.'))
        expect(prints(text, secret)).toEqual(
          expected.map((suffix) => ({
            text: suffix,
            print: halfSipHash(
              [...suffix].reverse().map((c) => c.charCodeAt(0)),
              secret,
            ),
          })),
        )
        expect(prints(text, secret, false)).toEqual(prints(text, secret).slice(-1))
      }),
    )
  })

  test('of one name differ from key to key, and of many names from each other', () => {
    const key1 = { k0: 1, k1: 2 }
    expect(prints('ads.example', key1)).not.toEqual(prints('ads.example', { k0: 1, k1: 3 }))
    const seen = new Set(
      Array.from({ length: 20_000 }, (_, i) => prints(`n${i}.example`, key1, false)[0]?.print.join()),
    )
    expect(seen.size).toBe(20_000)
  })

  test('of the longest name fit', () => {
    const longest = Array.from({ length: 127 }, () => 'a').join('.')
    expect(longest).toHaveLength(253)
    expect(prints(longest, { k0: 5, k1: 6 })).toHaveLength(127)
  })
})
