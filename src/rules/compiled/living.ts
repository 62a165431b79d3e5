import type { Segment } from './segment.js'

/** A segment in use by one rule set: which of its lists and rules still count. */
export type Living = {
  readonly segment: Segment
  /** Place of each list in the order of the rule set; `GONE` for one that was replaced or left out. */
  readonly ranks: Int32Array
  /** Rules taken away by edits (`Segment.identify`). */
  readonly removed: ReadonlySet<number>
  /** How many rules of each list `removed` stands for. */
  readonly removedSizes: ReadonlyMap<number, number>
  /** Rules that a `badfilter` somewhere in the set takes back. */
  readonly muted: ReadonlySet<number>
}

export const GONE = -1

/** A segment with all that is in it, its lists from place `firstRank` on. */
export function wholly(segment: Segment, ranks: Int32Array): Living {
  return { segment, ranks, removed: new Set(), removedSizes: new Map(), muted: new Set() }
}

/** @param rule what `Segment.identify` gives */
export function isAlive({ segment, ranks, removed, muted }: Living, rule: number): boolean {
  if (ranks[segment.sourceOf(rule)] === GONE) return false
  return !(removed.size > 0 && removed.has(rule)) && !(muted.size > 0 && muted.has(rule))
}
