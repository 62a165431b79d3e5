import { type DetailRows, textOfRow } from './compiled/detail-rows.js'
import type { LineForm } from './compiled/line-form.js'
import type { Living } from './compiled/living.js'
import { createNameIndex } from './compiled/name-index.js'
import { createPatternTables, type PatternTables } from './compiled/pattern-tables.js'
import { createSegment, type SegmentSource } from './compiled/segment.js'
import { branchesOf } from './compiled/segment-builder.js'
import { parseLine } from './parse.js'
import type { Pattern } from './pattern.js'
import type { RuleSet } from './rule.js'
import { toRuleSet } from './rule-edit.js'
import { type RuleSetState, stateOf } from './rule-set.js'

/**
 * A rule set as bytes, to be kept and read again without its lists: a header in
 * JSON, then the columns as they stand in memory, in the byte order of the
 * machine. Whoever keeps it sees that it comes back whole and unchanged (a digest
 * is not part of it); what cannot be an image of this version is refused.
 */
type Header = Omit<RuleSetState, 'base' | 'overlay'> & { readonly base: LivingHeader; readonly overlay: LivingHeader }

type LivingHeader = {
  readonly sources: readonly SegmentSource[]
  readonly forms: readonly LineForm[]
  readonly names: number
  readonly rows: number
  readonly text: number
  readonly exceptions: readonly (readonly [number, readonly string[]])[]
  readonly ranks: readonly number[]
  readonly removed: readonly number[]
  readonly removedSizes: readonly (readonly [number, number])[]
  readonly muted: readonly number[]
}

/** Changes with the meaning of any part, so that no version reads another one's images. */
const MAGIC = 'veilgate rules 1\n'
/** Columns start at multiples of this. */
const ALIGNMENT = 8

/** @returns pieces to be written one after the other; they share the memory of the set */
export function encodeRuleSet(ruleSet: RuleSet): readonly Uint8Array[] {
  const state = stateOf(ruleSet)
  if (state === undefined) throw new Error('not a rule set of this engine')
  const { base, overlay, ...rest } = state
  const header: Header = { ...rest, base: headerOf(base), overlay: headerOf(overlay) }
  const json = ENCODER.encode(JSON.stringify(header))
  const columns = [base, overlay].flatMap(columnsOf)
  const start = new Uint32Array([json.length, isLittleEndian() ? 1 : 0])
  return aligned([ENCODER.encode(MAGIC), bytesOf(start), json, ...columns.map(bytesOf)])
}

/**
 * The columns of the set are views of the image, which may be memory that cannot be written to: segments never change.
 *
 * @param bytes an image, at an address that is a multiple of 8
 * @returns undefined for what is no image of this version and this machine
 * @throws {Error} an image that is cut off or damaged, as far as that shows
 */
export function decodeRuleSet(bytes: Uint8Array): RuleSet | undefined {
  const reader = createReader(bytes)
  if (DECODER.decode(reader.take(MAGIC.length)) !== MAGIC) return undefined
  const start = reader.take(8)
  const [length = 0, order] = new Uint32Array(start.buffer, start.byteOffset, 2)
  if (order !== (isLittleEndian() ? 1 : 0)) return undefined
  const header = JSON.parse(DECODER.decode(reader.take(length))) as Header
  const { base, overlay, ...rest } = header
  const state = { ...rest, base: livingFrom(base, reader), overlay: livingFrom(overlay, reader) }
  return reader.isAtEnd() ? toRuleSet(state) : undefined
}

function headerOf({ segment, ranks, removed, removedSizes, muted }: Living): LivingHeader {
  const { sources, forms, names, rows, exceptions } = segment
  return {
    sources,
    forms,
    names: names.size,
    rows: rows.size,
    text: rows.text.length,
    exceptions: [...exceptions],
    ranks: [...ranks],
    removed: [...removed],
    removedSizes: [...removedSizes],
    muted: [...muted],
  }
}

/** In the order in which `livingFrom` takes them. */
function columnsOf({ segment: { names, rows } }: Living): readonly ArrayBufferView[] {
  const { high, low, line, form } = names.columns
  const { sources, lines, strengths, ports, reaches, textStarts, textLengths, text } = rows
  return [high, low, line, form, sources, lines, strengths, ports, reaches, textStarts, textLengths, text]
}

function livingFrom(header: LivingHeader, reader: Reader): Living {
  const { sources, forms, names, rows: count, exceptions, ranks, removed, removedSizes, muted } = header
  const columns = {
    high: reader.words(names),
    low: reader.words(names),
    line: reader.words(names),
    form: reader.halves(names),
  }
  const rows: DetailRows = {
    size: count,
    sources: reader.halves(count),
    lines: reader.words(count),
    strengths: reader.halves(count),
    ports: reader.halves(count),
    reaches: reader.take(count),
    textStarts: reader.words(count),
    textLengths: reader.words(count),
    text: reader.take(header.text),
  }
  const segment = createSegment({
    sources,
    forms,
    names: createNameIndex(columns),
    rows,
    tables: tablesOf(rows, sources),
    exceptions: new Map(exceptions),
  })
  return {
    segment,
    ranks: Int32Array.from(ranks),
    removed: new Set(removed),
    removedSizes: new Map(removedSizes),
    muted: new Set(muted),
  }
}

/** Patterns that a table finds are parsed from their lines again: there are few of them. */
function tablesOf(rows: DetailRows, sources: readonly SegmentSource[]): PatternTables {
  const tables = createPatternTables()
  let patterns: readonly Pattern[] = []
  let first = 0
  for (let row = 0; row < rows.size; row++) {
    const isNextLine = row === 0 || rows.textStarts[row] !== rows.textStarts[row - 1]
    if (isNextLine) {
      first = row
      patterns = []
    }
    if (rows.reaches[row] !== 0) continue
    if (patterns.length === 0) {
      const parsed = parseLine(textOfRow(rows, row), sources[rows.sources[row] as number]?.scope)
      if (parsed.kind === 'rules') patterns = parsed.patterns.flatMap(branchesOf)
    }
    const pattern = patterns[row - first]
    if (pattern === undefined) throw new Error(`row ${row} of a compiled rule set does not fit its line`)
    tables.add(pattern, row)
  }
  return tables
}

type Reader = {
  take(length: number): Uint8Array
  words(count: number): Uint32Array
  halves(count: number): Uint16Array
  isAtEnd(): boolean
}

function createReader(bytes: Uint8Array): Reader {
  let at = 0
  /** @throws {RangeError} the bytes end before */
  function take(length: number): Uint8Array {
    if (at + length > bytes.length) throw new RangeError('a compiled rule set ends too soon')
    const taken = bytes.subarray(at, at + length)
    at = Math.min(bytes.length, padded(at + length))
    return taken
  }
  return {
    take,
    words(count) {
      const taken = take(count * 4)
      return new Uint32Array(taken.buffer, taken.byteOffset, count)
    },
    halves(count) {
      const taken = take(count * 2)
      return new Uint16Array(taken.buffer, taken.byteOffset, count)
    },
    isAtEnd: () => at === bytes.length,
  }
}

function aligned(pieces: readonly Uint8Array[]): Uint8Array[] {
  return pieces.flatMap((piece) => [piece, new Uint8Array(padded(piece.length) - piece.length)])
}

function padded(length: number): number {
  return Math.ceil(length / ALIGNMENT) * ALIGNMENT
}

function bytesOf({ buffer, byteOffset, byteLength }: ArrayBufferView): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength)
}

function isLittleEndian(): boolean {
  return new Uint8Array(new Uint16Array([1]).buffer)[0] === 1
}

const ENCODER = new TextEncoder()
const DECODER = new TextDecoder()
