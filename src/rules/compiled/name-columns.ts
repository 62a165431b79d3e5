/**
 * Names with their rules, as parallel columns: 14 bytes an entry, no object.
 * Entries are in the order of `high`, then of `low`.
 */
export type NameColumns = {
  /** The print of the name (suffix-prints.ts). */
  readonly high: Uint32Array
  readonly low: Uint32Array
  /** 1-based line in the list, or a row of detail where `form` is `DETAIL`. */
  readonly line: Uint32Array
  /** Which list and which way of writing (line-form.ts). */
  readonly form: Uint16Array
}

/** The form of a rule that has a row of its own (detail-rows.ts). */
export const DETAIL = 0xffff

export function createNameColumns(capacity: number): NameColumns {
  return {
    high: new Uint32Array(capacity),
    low: new Uint32Array(capacity),
    line: new Uint32Array(capacity),
    form: new Uint16Array(capacity),
  }
}

export const NO_NAMES: NameColumns = createNameColumns(0)

/** Entries `[start, end)` of the same columns, not copied. */
export function sliceColumns({ high, low, line, form }: NameColumns, start: number, end: number): NameColumns {
  return {
    high: high.subarray(start, end),
    low: low.subarray(start, end),
    line: line.subarray(start, end),
    form: form.subarray(start, end),
  }
}

export function copyColumns(from: NameColumns, to: NameColumns, at: number): void {
  to.high.set(from.high, at)
  to.low.set(from.low, at)
  to.line.set(from.line, at)
  to.form.set(from.form, at)
}

/** Below this, moving neighbours beats counting. */
const SMALL_RUN = 32

/**
 * Sorts entries `[start, end)` by print, in place: no second copy of the
 * largest thing in memory. American flag sort (McIlroy, Bostic, McIlroy 1993)
 * on one byte of `high` after the other, insertion sort for short runs.
 */
export function sortColumns(columns: NameColumns, start: number, end: number): void {
  const ends = [24, 16, 8, 0].map(() => new Uint32Array(256))
  sortByByte(columns, start, end, 0, ends, new Uint32Array(256))
}

function sortByByte(
  columns: NameColumns,
  start: number,
  end: number,
  depth: number,
  endsByDepth: readonly Uint32Array[],
  next: Uint32Array,
): void {
  const ends = endsByDepth[depth]
  if (end - start <= SMALL_RUN || ends === undefined) {
    insertionSort(columns, start, end)
    return
  }
  partition(columns, start, end, 24 - 8 * depth, ends, next)
  for (let bucket = 0, from = start; bucket < 256; bucket++) {
    const to = ends[bucket] as number
    if (to - from > 1) sortByByte(columns, from, to, depth + 1, endsByDepth, next)
    from = to
  }
}

/** Moves every entry into the bucket of its byte; `ends` receives where each bucket ends. */
function partition(
  { high, low, line, form }: NameColumns,
  start: number,
  end: number,
  shift: number,
  ends: Uint32Array,
  next: Uint32Array,
): void {
  ends.fill(0)
  for (let i = start; i < end; i++) {
    const bucket = ((high[i] as number) >>> shift) & 255
    ends[bucket] = (ends[bucket] as number) + 1
  }
  for (let bucket = 0, at = start; bucket < 256; bucket++) {
    next[bucket] = at
    at += ends[bucket] as number
    ends[bucket] = at
  }
  for (let bucket = 0; bucket < 256; bucket++) {
    const stop = ends[bucket] as number
    for (let hole = next[bucket] as number; hole < stop; hole++) {
      let h = high[hole] as number
      let l = low[hole] as number
      let n = line[hole] as number
      let f = form[hole] as number
      // the entry goes to its bucket and what stood there to its own, until one belongs into the hole
      for (let to = (h >>> shift) & 255; to !== bucket; to = (h >>> shift) & 255) {
        const place = next[to] as number
        next[to] = place + 1
        const h2 = high[place] as number
        const l2 = low[place] as number
        const n2 = line[place] as number
        const f2 = form[place] as number
        high[place] = h
        low[place] = l
        line[place] = n
        form[place] = f
        h = h2
        l = l2
        n = n2
        f = f2
      }
      high[hole] = h
      low[hole] = l
      line[hole] = n
      form[hole] = f
    }
  }
}

function insertionSort({ high, low, line, form }: NameColumns, start: number, end: number): void {
  for (let i = start + 1; i < end; i++) {
    const h = high[i] as number
    const l = low[i] as number
    const n = line[i] as number
    const f = form[i] as number
    let at = i
    while (at > start && isAfter(high[at - 1] as number, low[at - 1] as number, h, l)) {
      high[at] = high[at - 1] as number
      low[at] = low[at - 1] as number
      line[at] = line[at - 1] as number
      form[at] = form[at - 1] as number
      at--
    }
    high[at] = h
    low[at] = l
    line[at] = n
    form[at] = f
  }
}

function isAfter(high: number, low: number, otherHigh: number, otherLow: number): boolean {
  return high > otherHigh || (high === otherHigh && low > otherLow)
}
