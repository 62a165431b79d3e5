import micromatch from 'micromatch'
import { RE2JS } from 're2js'
import { globToRegex, tokenizeGlob } from '../glob-syntax.js'
import type { RuleTable } from '../table.js'

type GlobEntry = {
  readonly id: number
  readonly glob: string
  /** Parts that every match contains. */
  readonly literals: readonly string[]
  test: ((host: string) => boolean) | undefined
  /** The lookup that saw this entry last: a gram may stand twice in a host. */
  seenIn: number
}

/**
 * Lengths of the pieces under which globs are filed; the longest that fits. Long
 * ones tell globs apart that differ in a number only.
 */
const GRAM_SIZES = [8, 6, 4, 3, 2, 1] as const
/** With this many stars backtracking over a host (253 octets) is bounded by a few thousand steps. */
const MAX_BACKTRACKED_STARS = 2

/**
 * Globs, found by a short piece of their literal text.
 *
 * Every glob is filed under one gram, a piece of its longest literals: the one
 * that the fewest other globs contain. A lookup hashes the grams of the host as
 * it runs along it and tests only what is filed under them, so 20,000 globs cost
 * about as many Map reads as the host has letters. Globs without any literal are
 * tested always. Two grams of one hash cost a test, never a wrong answer.
 */
export function createGlobTable(): RuleTable {
  const entries: GlobEntry[] = []
  let index: GramIndex | undefined
  let lookups = 0

  return {
    name: 'glob',

    tryAdd(pattern, id) {
      if (pattern.kind !== 'glob') return false
      const literals = tokenizeGlob(pattern.glob).flatMap((token) => (token.kind === 'literal' ? [token.text] : []))
      entries.push({ id, glob: pattern.glob, literals, test: undefined, seenIn: 0 })
      index = undefined
      return true
    },

    settle() {
      index ??= indexByRarestGram(entries)
    },

    collect({ host }, found) {
      if (entries.length === 0) return
      index ??= indexByRarestGram(entries)
      lookups++
      testAll(index.ungrammed, host, lookups, found)
      for (const [size, entriesByGram] of index.bySize) {
        const leaving = POWERS[size] ?? 0
        let hash = 0
        for (let i = 0; i < host.length; i++) {
          hash = (Math.imul(hash, BASE) + host.charCodeAt(i)) | 0
          if (i >= size) hash = (hash - Math.imul(host.charCodeAt(i - size), leaving)) | 0
          if (i < size - 1) continue
          const filed = entriesByGram.get(hash)
          if (filed !== undefined) testAll(filed, host, lookups, found)
        }
      }
    },
  }
}

const BASE = 0x01000193
/** `BASE` to the power of the index: the weight of a character when it leaves a gram of that size. */
const POWERS = Array.from({ length: 9 }, (_, size) => {
  let power = 1
  for (let i = 0; i < size; i++) power = Math.imul(power, BASE)
  return power
})

type GramIndex = {
  readonly bySize: readonly (readonly [size: number, entriesByGram: ReadonlyMap<number, readonly GlobEntry[]>])[]
  readonly ungrammed: readonly GlobEntry[]
}

function indexByRarestGram(entries: readonly GlobEntry[]): GramIndex {
  const uses = new Map<string, number>()
  for (const entry of entries) {
    for (const gram of gramsOf(entry)) uses.set(gram, (uses.get(gram) ?? 0) + 1)
  }
  const maps = new Map<number, Map<number, GlobEntry[]>>()
  const ungrammed: GlobEntry[] = []
  for (const entry of entries) {
    let rarest: string | undefined
    let fewest = Number.POSITIVE_INFINITY
    for (const gram of gramsOf(entry)) {
      const count = uses.get(gram) ?? 0
      if (count < fewest) [rarest, fewest] = [gram, count]
    }
    if (rarest === undefined) {
      ungrammed.push(entry)
      continue
    }
    const map = maps.get(rarest.length) ?? new Map<number, GlobEntry[]>()
    maps.set(rarest.length, map)
    const key = hashOf(rarest)
    const filed = map.get(key)
    if (filed === undefined) map.set(key, [entry])
    else filed.push(entry)
  }
  return { bySize: [...maps], ungrammed }
}

/** The pieces of the literals that have the longest size that fits any of them. */
function gramsOf({ literals }: GlobEntry): readonly string[] {
  const longest = literals.reduce((length, literal) => Math.max(length, literal.length), 0)
  const size = GRAM_SIZES.find((candidate) => candidate <= longest)
  if (size === undefined) return []
  const grams: string[] = []
  for (const literal of literals) {
    for (let i = 0; i + size <= literal.length; i++) grams.push(literal.slice(i, i + size))
  }
  return grams
}

function hashOf(gram: string): number {
  let hash = 0
  for (let i = 0; i < gram.length; i++) hash = (Math.imul(hash, BASE) + gram.charCodeAt(i)) | 0
  return hash
}

function testAll(entries: readonly GlobEntry[], host: string, lookup: number, found: number[]): void {
  for (const entry of entries) {
    if (entry.seenIn === lookup) continue
    entry.seenIn = lookup
    if (!entry.literals.every((literal) => host.includes(literal))) continue
    entry.test ??= compileGlob(entry.glob)
    if (entry.test(host)) found.push(entry.id)
  }
}

/**
 * Both readings are the same language (a property test says so); micromatch's
 * regular expression backtracks, which many stars would make slow.
 */
export function compileGlob(glob: string): (host: string) => boolean {
  const stars = tokenizeGlob(glob).filter(({ kind }) => kind === 'star' || kind === 'globstar').length
  if (stars > MAX_BACKTRACKED_STARS) {
    const linear = RE2JS.compile(`^${globToRegex(glob)}$`)
    return (host) => linear.test(host)
  }
  const regex = micromatch.makeRe(glob, { dot: true, nobrace: true, noextglob: true, nonegate: true, posix: true })
  return (host) => regex.test(host)
}
