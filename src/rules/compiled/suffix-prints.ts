/**
 * The secret of a rule set: 64 bits, random, never shown. Whoever does not know
 * it cannot make two names with one print.
 */
export type PrintKey = { readonly k0: number; readonly k1: number }

/**
 * Words that `printSuffixes` writes for each text: the high half of its print,
 * where it starts, and the state from which `lowPrint` makes the low half.
 */
export const PRINT_WORDS = 6

/** A name has 127 labels at most (253 octets). */
export const MAX_PRINTS = 128

const DOT = 0x2e

/**
 * Keyed 64-bit prints of a name and of all that follows a dot in it.
 *
 * The print of a text is HalfSipHash-1-3 with 64 bits of output (Aumasson and
 * Bernstein; the Linux kernel's `hsiphash`) of the text read backwards, so that
 * one run from the end gives the print of every suffix on the way.
 *
 * Two given names have the same print with odds of 1 in 2^64: a lookup of five
 * labels among five million rules is answered wrongly once in about 7 × 10^11.
 *
 * @param bytes the name, lower-case ASCII, 255 octets at most, in `[start, end)`
 * @param every false prints the whole name only
 * @param out receives `PRINT_WORDS` words for each text printed, the longest last
 * @returns how many texts were printed
 */
export function printSuffixes(
  { k0, k1 }: PrintKey,
  bytes: Uint8Array,
  start: number,
  end: number,
  every: boolean,
  out: Uint32Array,
): number {
  let v0 = k0
  let v1 = k1 ^ 0xee
  let v2 = 0x6c796765 ^ k0
  let v3 = 0x74656462 ^ k1
  let word = 0
  let shift = 0
  let printed = 0
  for (let i = end - 1; ; i--) {
    const c = i < start ? -1 : (bytes[i] as number)
    if (c === -1 || (every && c === DOT)) {
      const last = word | ((end - 1 - i) << 24)
      finish(v0, v1, v2, v3 ^ last, last, out, printed * PRINT_WORDS)
      out[printed * PRINT_WORDS + 1] = i + 1
      printed++
      if (c === -1) return printed
    }
    word |= c << shift
    if (shift < 24) {
      shift += 8
      continue
    }
    v3 ^= word
    v0 = (v0 + v1) | 0
    v1 = ((v1 << 5) | (v1 >>> 27)) ^ v0
    v0 = (v0 << 16) | (v0 >>> 16)
    v2 = (v2 + v3) | 0
    v3 = ((v3 << 8) | (v3 >>> 24)) ^ v2
    v0 = (v0 + v3) | 0
    v3 = ((v3 << 7) | (v3 >>> 25)) ^ v0
    v2 = (v2 + v1) | 0
    v1 = ((v1 << 13) | (v1 >>> 19)) ^ v2
    v2 = (v2 << 16) | (v2 >>> 16)
    v0 ^= word
    word = 0
    shift = 0
  }
}

/** One round for the last word, three for the high half. */
function finish(a: number, b: number, c: number, d: number, last: number, out: Uint32Array, at: number): void {
  let v0 = a
  let v1 = b
  let v2 = c
  let v3 = d
  for (let round = 0; round < 4; round++) {
    v0 = (v0 + v1) | 0
    v1 = ((v1 << 5) | (v1 >>> 27)) ^ v0
    v0 = (v0 << 16) | (v0 >>> 16)
    v2 = (v2 + v3) | 0
    v3 = ((v3 << 8) | (v3 >>> 24)) ^ v2
    v0 = (v0 + v3) | 0
    v3 = ((v3 << 7) | (v3 >>> 25)) ^ v0
    v2 = (v2 + v1) | 0
    v1 = ((v1 << 13) | (v1 >>> 19)) ^ v2
    v2 = (v2 << 16) | (v2 >>> 16)
    if (round > 0) continue
    v0 ^= last
    v2 ^= 0xee
  }
  out[at] = v1 ^ v3
  out[at + 2] = v0
  out[at + 3] = v1 ^ 0xdd
  out[at + 4] = v2
  out[at + 5] = v3
}

/**
 * The low half of a print. Most texts that are looked up need none: no rule has
 * their high half.
 *
 * @param out as `printSuffixes` left it
 * @param at the number of the text
 */
export function lowPrint(out: Uint32Array, at: number): number {
  const state = at * PRINT_WORDS + 2
  let v0 = out[state] as number
  let v1 = out[state + 1] as number
  let v2 = out[state + 2] as number
  let v3 = out[state + 3] as number
  for (let round = 0; round < 3; round++) {
    v0 = (v0 + v1) | 0
    v1 = ((v1 << 5) | (v1 >>> 27)) ^ v0
    v0 = (v0 << 16) | (v0 >>> 16)
    v2 = (v2 + v3) | 0
    v3 = ((v3 << 8) | (v3 >>> 24)) ^ v2
    v0 = (v0 + v3) | 0
    v3 = ((v3 << 7) | (v3 >>> 25)) ^ v0
    v2 = (v2 + v1) | 0
    v1 = ((v1 << 13) | (v1 >>> 19)) ^ v2
    v2 = (v2 << 16) | (v2 >>> 16)
  }
  return (v1 ^ v3) >>> 0
}
