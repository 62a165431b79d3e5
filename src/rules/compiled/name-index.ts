import { type NameColumns, NO_NAMES } from './name-columns.js'

/** Names by print: most that are not there cost one read; others two neighbouring words and the few entries between them. */
export type NameIndex = {
  readonly size: number
  readonly columns: NameColumns
  /** The first entry with this high half of a print, -1 where there is none; others may follow it. */
  find(high: number): number
}

const ENTRIES_PER_BUCKET = 4
/** At most one in so many names that are not there is looked for further. */
const MARKS_PER_ENTRY = 8

/** @param columns sorted by print (name-columns.ts) */
export function createNameIndex(columns: NameColumns): NameIndex {
  const { high } = columns
  const size = high.length
  const bits = Math.max(1, Math.ceil(Math.log2(Math.max(1, size / ENTRIES_PER_BUCKET))))
  const shift = 32 - bits
  const starts = bucketStarts(high, bits)
  const markShift = 32 - Math.min(32, Math.max(5, Math.ceil(Math.log2(Math.max(1, size * MARKS_PER_ENTRY)))))
  const marks = marksOf(high, markShift)

  return {
    size,
    columns,
    find(wanted) {
      const mark = wanted >>> markShift
      if (((marks[mark >>> 5] as number) & (1 << (mark & 31))) === 0) return -1
      const bucket = wanted >>> shift
      const end = starts[bucket + 1] as number
      for (let at = starts[bucket] as number; at < end; at++) if (high[at] === wanted) return at
      return -1
    },
  }
}

export const NO_NAME_INDEX: NameIndex = createNameIndex(NO_NAMES)

/** A bit for each value that the highest bits of a print can have: set where an entry has them. */
function marksOf(high: Uint32Array, shift: number): Int32Array {
  const marks = new Int32Array(2 ** (32 - shift - 5))
  for (let i = 0; i < high.length; i++) {
    const mark = (high[i] as number) >>> shift
    marks[mark >>> 5] = (marks[mark >>> 5] as number) | (1 << (mark & 31))
  }
  return marks
}

/** Where the entries of each bucket start; a bucket is the highest bits of a print. */
function bucketStarts(high: Uint32Array, bits: number): Uint32Array {
  const starts = new Uint32Array(2 ** bits + 1)
  const shift = 32 - bits
  let bucket = 0
  for (let i = 0; i < high.length; i++) {
    const own = (high[i] as number) >>> shift
    while (bucket < own) starts[++bucket] = i
  }
  starts.fill(high.length, bucket + 1)
  return starts
}
