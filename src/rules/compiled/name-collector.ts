import { copyColumns, createNameColumns, type NameColumns, sliceColumns, sortColumns } from './name-columns.js'
import { lowPrint, MAX_PRINTS, PRINT_WORDS, type PrintKey, printSuffixes } from './suffix-prints.js'

/** Collects names in any order. */
export type NameCollector = {
  readonly size: number
  /** Makes room for this many more, and keeps some before them for `sortedBehind`. */
  expect(names: number, front?: number): void
  /** @param line or row, see `NameColumns` */
  add(name: string, line: number, form: number): void
  addBytes(bytes: Uint8Array, start: number, end: number, line: number, form: number): void
  addPrinted(high: number, low: number, line: number, form: number): void
  /** The names in the order of an index; nothing may be added afterwards. */
  sorted(): NameColumns
  /** The same, at the end of columns with room for `front` more before them. */
  sortedBehind(front: number): NameColumns
}

export function createNameCollector(key: PrintKey): NameCollector {
  const encoder = new TextEncoder()
  const scratch = new Uint8Array(MAX_NAME_BYTES)
  const print = new Uint32Array(MAX_PRINTS * PRINT_WORDS)
  let columns = createNameColumns(0)
  let size = 0

  function room(capacity: number): void {
    if (capacity <= columns.high.length) return
    const grown = createNameColumns(capacity)
    copyColumns(sliceColumns(columns, 0, size), grown, 0)
    columns = grown
  }

  function addBytes(bytes: Uint8Array, start: number, end: number, line: number, form: number): void {
    printSuffixes(key, bytes, start, end, false, print)
    addPrinted(print[0] as number, lowPrint(print, 0), line, form)
  }

  function addPrinted(high: number, low: number, line: number, form: number): void {
    if (size === columns.high.length) room(Math.max(16, size * 2))
    columns.high[size] = high
    columns.low[size] = low
    columns.line[size] = line
    columns.form[size] = form
    size++
  }

  return {
    get size() {
      return size
    },
    expect(names, front = 0) {
      room(size + names + front)
    },
    addBytes,
    addPrinted,
    add(name, line, form) {
      const { written } = encoder.encodeInto(name, scratch)
      addBytes(scratch, 0, written, line, form)
    },
    sorted() {
      sortColumns(columns, 0, size)
      return sliceColumns(columns, 0, size)
    },
    sortedBehind(front) {
      sortColumns(columns, 0, size)
      const moved = front + size > columns.high.length ? createNameColumns(front + size) : columns
      copyColumns(sliceColumns(columns, 0, size), moved, front)
      return sliceColumns(moved, 0, front + size)
    },
  }
}

/** Of a host in canonical form. */
const MAX_NAME_BYTES = 253
