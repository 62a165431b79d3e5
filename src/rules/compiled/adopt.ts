import type { Pattern } from '../pattern.js'
import type { DetailRowsBuilder } from './detail-rows.js'
import type { LineForm } from './line-form.js'
import { GONE, type Living } from './living.js'
import { DETAIL, type NameColumns } from './name-columns.js'
import type { SegmentSource } from './segment.js'

/** What a builder holds of the lists read or adopted so far. */
export type BuilderParts = {
  readonly sources: SegmentSource[]
  readonly forms: LineForm[]
  readonly rows: DetailRowsBuilder
  readonly exceptions: Map<number, readonly string[]>
  addPattern(pattern: Pattern, row: number): void
}

/** How the numbers of an adopted segment read in the builder; `GONE` for what was left behind. */
export type Adopted = {
  readonly living: Living
  readonly sources: Int32Array
  readonly forms: Int32Array
  readonly rows: Int32Array
}

/** Takes over all that still counts of a segment, but for its names. */
export function adopt(into: BuilderParts, living: Living): Adopted {
  const { segment, ranks, removed, removedSizes } = living
  const sources = new Int32Array(segment.sources.length).fill(GONE)
  for (const [at, source] of segment.sources.entries()) {
    if (ranks[at] === GONE) continue
    sources[at] = into.sources.push({ ...source, size: source.size - (removedSizes.get(at) ?? 0) }) - 1
  }

  const forms = new Int32Array(segment.forms.length).fill(GONE)
  for (const [at, form] of segment.forms.entries()) {
    const source = sources[form.source] as number
    if (source === GONE) continue
    forms[at] = into.forms.push({ ...form, source }) - 1
  }

  const rows = new Int32Array(segment.rows.size).fill(GONE)
  const first = segment.names.size
  let next = into.rows.size
  for (let row = 0; row < rows.length; row++) {
    if (sources[segment.rows.sources[row] as number] !== GONE && !removed.has(first + row)) rows[row] = next++
  }
  into.rows.append(segment.rows, Uint16Array.from(sources), (row) => rows[row] !== GONE)
  for (const [row, pattern] of segment.tables.patterns) {
    const moved = rows[row] as number
    if (moved !== GONE) into.addPattern(pattern, moved)
  }
  for (const [row, except] of segment.exceptions) {
    const moved = rows[row] as number
    if (moved !== GONE) into.exceptions.set(moved, except)
  }
  return { living, sources, forms, rows }
}

/** Entries that are left of the names of an adopted segment, in order. */
export function forEachName(
  { living: { segment, removed }, forms, rows }: Adopted,
  visit: (high: number, low: number, line: number, form: number) => void,
): void {
  const { high, low, line, form } = segment.names.columns
  const isEdited = removed.size > 0
  for (let i = 0; i < high.length; i++) {
    const own = form[i] as number
    if (own === DETAIL) {
      const row = rows[line[i] as number] as number
      if (row !== GONE) visit(high[i] as number, low[i] as number, row, DETAIL)
      continue
    }
    const moved = forms[own] as number
    if (moved === GONE || (isEdited && removed.has(i))) continue
    visit(high[i] as number, low[i] as number, line[i] as number, moved)
  }
}

/**
 * Merges the names of an adopted segment into columns that have room for them:
 * `columns` holds other names, sorted, from `front` on, and `front` is no less
 * than the number adopted. Each name is written at or before the place of the
 * next one that is still to be read, so no third copy is needed.
 *
 * @returns how many names there are now, from 0 on
 */
export function mergeNames(adopted: Adopted, columns: NameColumns, front: number): number {
  const { high, low, line, form } = columns
  const end = high.length
  let from = front
  let to = 0
  const move = (): void => {
    high[to] = high[from] as number
    low[to] = low[from] as number
    line[to] = line[from] as number
    form[to] = form[from] as number
    from++
    to++
  }
  forEachName(adopted, (h, l, n, f) => {
    while (from < end && ((high[from] as number) < h || (high[from] === h && (low[from] as number) < l))) move()
    high[to] = h
    low[to] = l
    line[to] = n
    form[to] = f
    to++
  })
  while (from < end) move()
  return to
}
