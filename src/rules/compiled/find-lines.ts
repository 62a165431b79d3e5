import { parseLine, splitReason } from '../parse.js'
import { textOfRow } from './detail-rows.js'
import type { Segment } from './segment.js'
import { branchesOf } from './segment-builder.js'
import { lowPrint, MAX_PRINTS, PRINT_WORDS, type PrintKey, printSuffixes } from './suffix-prints.js'

/**
 * The rules of a segment that were written in a given line: by the print of its
 * name where it has one, and by the text of rows.
 *
 * @param line without its reason
 * @param isSame whether a line of the segment, without its reason, is meant; default: the same text.
 *   It is asked of lines that start as `line` does, up to a `$`.
 * @returns numbers as `Segment.identify` gives them
 */
export function findLines(
  segment: Segment,
  key: PrintKey,
  line: string,
  isSame: (text: string) => boolean = (text) => text === line,
): readonly number[] {
  const found = new Set<number>()
  const { names, rows } = segment
  const print = new Uint32Array(MAX_PRINTS * PRINT_WORDS)
  for (const name of namesIn(line)) {
    const bytes = ENCODER.encode(name)
    printSuffixes(key, bytes, 0, bytes.length, false, print)
    const [high = 0] = print
    const low = lowPrint(print, 0)
    const { columns, size } = names
    for (let at = names.find(high); at !== -1 && at < size && columns.high[at] === high; at++) {
      if (columns.low[at] !== low) continue
      if (isSame(segment.describe(at, name, 'allow').text)) found.add(segment.identify(at))
    }
  }
  const head = ENCODER.encode(line.split('$', 1)[0])
  for (let row = 0; row < rows.size; row++) {
    if (!startsWith(rows.text, rows.textStarts[row] as number, head)) continue
    if (isSame(splitReason(textOfRow(rows, row)).text)) found.add(names.size + row)
  }
  return [...found]
}

function namesIn(line: string): readonly string[] {
  const parsed = parseLine(line)
  if (parsed.kind !== 'rules') return []
  return parsed.patterns.flatMap(branchesOf).flatMap((pattern) => {
    if (pattern.kind === 'host') return [pattern.host]
    return pattern.kind === 'suffix' ? [pattern.suffix] : []
  })
}

function startsWith(text: Uint8Array, at: number, head: Uint8Array): boolean {
  for (let i = 0; i < head.length; i++) if (text[at + i] !== head[i]) return false
  return true
}

const ENCODER = new TextEncoder()
