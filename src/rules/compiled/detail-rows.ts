import { type NameReach, REACHES } from './line-form.js'

/** A rule that does not fit a form: its line is kept as written. */
export type DetailRow = {
  /** Place of the list among the lists of its segment. */
  readonly source: number
  /** 1-based. */
  readonly line: number
  /** Place in the order of precedence (decide.ts). */
  readonly strength: number
  /** 0 is any. */
  readonly port: number
  /** How far a name reaches; undefined where a table finds the rule. */
  readonly reach: NameReach | undefined
}

/**
 * Rules with their lines, as parallel columns and one run of UTF-8 text. Rows of
 * one line follow each other and share its text.
 */
export type DetailRows = {
  readonly size: number
  readonly sources: Uint16Array
  readonly lines: Uint32Array
  readonly strengths: Uint16Array
  readonly ports: Uint16Array
  /** Place in `REACHES` plus 1; 0 where a table finds the rule. */
  readonly reaches: Uint8Array
  readonly textStarts: Uint32Array
  readonly textLengths: Uint32Array
  readonly text: Uint8Array
}

/** The line of a row, trimmed, with its reason. */
export function textOfRow({ text, textStarts, textLengths }: DetailRows, row: number): string {
  const start = textStarts[row] as number
  return DECODER.decode(text.subarray(start, start + (textLengths[row] as number)))
}

export function reachOfRow({ reaches }: DetailRows, row: number): NameReach | undefined {
  return REACHES[(reaches[row] as number) - 1]
}

export type DetailRowsBuilder = {
  readonly size: number
  /** @returns the number of the row. `text` is left out in further rows of the line before. */
  add(row: DetailRow, text: string | undefined): number
  /** Adds rows of other lists, whose lists have the numbers that `sourceMap` gives. */
  append(rows: DetailRows, sourceMap: Uint16Array, isKept: (row: number) => boolean): void
  rows(): DetailRows
}

export function createDetailRowsBuilder(): DetailRowsBuilder {
  let columns = emptyColumns(0)
  let text = new Uint8Array(0)
  let size = 0
  let used = 0

  function room(rows: number, octets: number): void {
    if (size + rows > columns.lines.length) {
      const grown = emptyColumns(Math.max(16, columns.lines.length * 2, size + rows))
      for (const name of COLUMNS) grown[name].set(columns[name].subarray(0, size))
      columns = grown
    }
    if (used + octets <= text.length) return
    const grown = new Uint8Array(Math.max(512, text.length * 2, used + octets))
    grown.set(text.subarray(0, used))
    text = grown
  }

  return {
    get size() {
      return size
    },

    add({ source, line, strength, port, reach }, lineText) {
      room(1, (lineText?.length ?? 0) * MAX_OCTETS_PER_UNIT)
      columns.sources[size] = source
      columns.lines[size] = line
      columns.strengths[size] = strength
      columns.ports[size] = port
      columns.reaches[size] = reach === undefined ? 0 : REACHES.indexOf(reach) + 1
      if (lineText === undefined) {
        columns.textStarts[size] = columns.textStarts[size - 1] ?? 0
        columns.textLengths[size] = columns.textLengths[size - 1] ?? 0
      } else {
        const { written } = ENCODER.encodeInto(lineText, text.subarray(used))
        columns.textStarts[size] = used
        columns.textLengths[size] = written
        used += written
      }
      return size++
    },

    append(rows, sourceMap, isKept) {
      room(rows.size, rows.text.length)
      text.set(rows.text, used)
      for (let row = 0; row < rows.size; row++) {
        if (!isKept(row)) continue
        for (const name of COLUMNS) columns[name][size] = rows[name][row] as number
        columns.sources[size] = sourceMap[rows.sources[row] as number] as number
        columns.textStarts[size] = (rows.textStarts[row] as number) + used
        size++
      }
      used += rows.text.length
    },

    rows() {
      const { sources, lines, strengths, ports, reaches, textStarts, textLengths } = columns
      return {
        size,
        sources: sources.slice(0, size),
        lines: lines.slice(0, size),
        strengths: strengths.slice(0, size),
        ports: ports.slice(0, size),
        reaches: reaches.slice(0, size),
        textStarts: textStarts.slice(0, size),
        textLengths: textLengths.slice(0, size),
        text: text.slice(0, used),
      }
    },
  }
}

/** UTF-8 needs three octets at most for a unit of UTF-16. */
const MAX_OCTETS_PER_UNIT = 3

const COLUMNS = ['sources', 'lines', 'strengths', 'ports', 'reaches', 'textStarts', 'textLengths'] as const

function emptyColumns(capacity: number): Omit<DetailRows, 'size' | 'text'> {
  return {
    sources: new Uint16Array(capacity),
    lines: new Uint32Array(capacity),
    strengths: new Uint16Array(capacity),
    ports: new Uint16Array(capacity),
    reaches: new Uint8Array(capacity),
    textStarts: new Uint32Array(capacity),
    textLengths: new Uint32Array(capacity),
  }
}

const ENCODER = new TextEncoder()
const DECODER = new TextDecoder('utf-8', { ignoreBOM: true })

export const NO_ROWS: DetailRows = createDetailRowsBuilder().rows()
