import { type Living, wholly } from '../../src/rules/compiled/living.js'
import type { Segment } from '../../src/rules/compiled/segment.js'
import {
  createSegmentBuilder,
  type ListOptions,
  type SegmentBuilder,
} from '../../src/rules/compiled/segment-builder.js'
import { MAX_PRINTS, PRINT_WORDS, printSuffixes } from '../../src/rules/compiled/suffix-prints.js'
import type { RuleQuery } from '../../src/rules/rule.js'

export const KEY = { k0: 0x1234567, k1: 0x7654321 }

export function queryOf(host: string): RuleQuery {
  return { host, port: 443, family: 0, path: undefined }
}

export function readInto(builder: SegmentBuilder, text: string, options: Partial<ListOptions> = {}, key = '') {
  const reader = builder.read({ name: 'list', action: 'block', scope: 'exact', ...options })
  reader.feed(new TextEncoder().encode(text))
  return reader.end(key)
}

/** One list as a segment of its own. */
export function segmentOf(text: string, options: Partial<ListOptions> = {}): Segment {
  const builder = createSegmentBuilder(KEY)
  readInto(builder, text, options)
  return builder.finish()
}

export function livingOf(text: string, options: Partial<ListOptions> = {}): Living {
  return wholly(segmentOf(text, options), Int32Array.of(0))
}

/** What matches a host in a segment, as `line text`, ports aside. */
export function linesFor(segment: Segment, host: string): string[] {
  const bytes = new TextEncoder().encode(host)
  const prints = new Uint32Array(MAX_PRINTS * PRINT_WORDS)
  const printed = printSuffixes(KEY, bytes, 0, bytes.length, true, prints)
  const found: number[] = []
  segment.collect(queryOf(host), prints, printed, found)
  const lines: string[] = []
  for (let i = 0; i < found.length; i += 2) {
    const { line, text } = segment.describe(found[i] ?? 0, host.slice(found[i + 1]), 'allow')
    lines.push(`${line} ${text}`)
  }
  return lines.toSorted()
}
