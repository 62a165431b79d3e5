// A small PRNG (mulberry32): the same seed, the same benchmark, everywhere.

/** @typedef {{ below(limit: number): number, pick<T>(items: readonly T[]): T, chance(odds: number): boolean }} Random */

/** @param {number} seed @returns {Random} */
export function createRandom(seed) {
  let state = seed | 0
  function next() {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
  return {
    below: (limit) => Math.floor(next() * limit),
    pick: (items) => items[Math.floor(next() * items.length)],
    chance: (odds) => next() < odds,
  }
}
