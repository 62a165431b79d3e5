import { actionOf, isExcepted, levelOf } from '../decide.js'
import { splitReason } from '../parse.js'
import type { RuleAction, RuleMatch, RuleQuery, SourceCounts } from '../rule.js'
import { type DetailRows, NO_ROWS, reachOfRow, textOfRow } from './detail-rows.js'
import { formStrength, type LineForm, type NameReach } from './line-form.js'
import { DETAIL } from './name-columns.js'
import { type NameIndex, NO_NAME_INDEX } from './name-index.js'
import { createPatternTables, type PatternTables } from './pattern-tables.js'
import { lowPrint, PRINT_WORDS } from './suffix-prints.js'

/** What is known of one list beside its rules. */
export type SegmentSource = {
  /** Name shown in matches and problems: the file as the user gave it. */
  readonly name: string
  readonly action: RuleAction
  readonly scope: 'exact' | 'suffix'
  /** Identity of the content: equal keys, equal rules. Empty where nobody asks for it. */
  readonly key: string
  /** Rules that can match; braces and hosts lines count as `SourceCounts` says. */
  readonly size: number
  readonly counts: SourceCounts
  readonly defaults: readonly RuleMatch[]
  /** Adblock rules that this list takes back in any list (formats/adblock.ts, `adblockKey`). */
  readonly badfilters: readonly string[]
  /** Lines that name other files, for whoever loads them. */
  readonly includes: readonly FoundInclude[]
}

/** A line that names another file. */
export type FoundInclude =
  | {
      readonly kind: 'include'
      readonly line: number
      readonly column: number
      readonly path: string
      readonly action: RuleAction | undefined
    }
  | { readonly kind: 'sibling'; readonly line: number; readonly name: string; readonly attributes: readonly string[] }

/** All that was compiled of some lists; immutable. */
export type SegmentParts = {
  readonly sources: readonly SegmentSource[]
  readonly forms: readonly LineForm[]
  readonly names: NameIndex
  readonly rows: DetailRows
  readonly tables: PatternTables
  /** `denyallow` of the few rows that have it. */
  readonly exceptions: ReadonlyMap<number, readonly string[]>
}

/**
 * Rules of some lists, found by query. A rule is known by a number: entries of
 * the name index first, then rows of detail.
 */
export type Segment = SegmentParts & {
  /** Rules of all lists: names and rows. */
  readonly entries: number
  /**
   * Pushes two numbers for each rule that matches, ports aside: the rule, and
   * where in the host the name starts that it is written for (0 for others).
   *
   * @param prints of the host and its suffixes (suffix-prints.ts)
   */
  collect(query: RuleQuery, prints: Uint32Array, printed: number, found: number[]): void
  collectAddress(ip: string, found: number[]): void
  /** The number under which a rule can be taken away: that of its row where it has one. */
  identify(rule: number): number
  sourceOf(rule: number): number
  lineOf(rule: number): number
  /** @param octets the length of the name for which the rule was found */
  strengthOf(rule: number, octets: number): number
  /** Whether port and exceptions let a rule that was found speak. */
  applies(rule: number, query: RuleQuery): boolean
  describe(rule: number, name: string, defaultAction: RuleAction): RuleMatch
}

export function createSegment(parts: SegmentParts): Segment {
  const { sources, forms, names, rows, tables, exceptions } = parts
  tables.settle()
  const { line: nameLines, form: nameForms, high: highs, low: lows } = names.columns
  const strengths = forms.map(formStrength)
  const bases = Uint16Array.from(strengths, ({ base }) => base)
  const perOctets = Uint8Array.from(strengths, ({ perOctet }) => perOctet)
  const count = names.size
  const rowsFound: number[] = []

  function rowOf(rule: number): number {
    if (rule >= count) return rule - count
    return nameForms[rule] === DETAIL ? (nameLines[rule] as number) : -1
  }

  function reachOf(entry: number): NameReach | undefined {
    const form = nameForms[entry] as number
    return form === DETAIL ? reachOfRow(rows, nameLines[entry] as number) : forms[form]?.reach
  }

  function pushRows(found: number[]): void {
    for (const row of rowsFound) found.push(count + row, 0)
    rowsFound.length = 0
  }

  function writtenAs(rule: number, name: string): Pick<RuleMatch, 'text' | 'reason'> {
    const row = rowOf(rule)
    if (row !== -1) return splitReason(textOfRow(rows, row))
    const form = forms[nameForms[rule] as number]
    // a line with a reason has a row of its own
    return { text: form === undefined ? name : form.prefix + name + form.suffix, reason: undefined }
  }

  return {
    ...parts,
    entries: count + rows.size,

    collect(query, prints, printed, found) {
      if (count > 0) {
        const firstDot = query.host.indexOf('.')
        for (let i = 0; i < printed; i++) {
          const high = prints[i * PRINT_WORDS] as number
          let entry = names.find(high)
          if (entry === -1) continue
          const low = lowPrint(prints, i)
          const start = prints[i * PRINT_WORDS + 1] as number
          for (; entry < count && highs[entry] === high; entry++) {
            if (lows[entry] === low && reaches(reachOf(entry), start, firstDot)) found.push(entry, start)
          }
        }
      }
      if (tables.patterns.size > 0) {
        tables.collect(query, rowsFound)
        pushRows(found)
      }
    },

    collectAddress(ip, found) {
      if (tables.addresses.size === 0) return
      tables.addresses.collectAddress(ip, rowsFound)
      pushRows(found)
    },

    identify(rule) {
      const row = rowOf(rule)
      return row === -1 ? rule : count + row
    },

    sourceOf(rule) {
      const row = rowOf(rule)
      return row === -1 ? (forms[nameForms[rule] as number]?.source ?? 0) : (rows.sources[row] as number)
    },

    lineOf(rule) {
      const row = rowOf(rule)
      return row === -1 ? (nameLines[rule] as number) : (rows.lines[row] as number)
    },

    strengthOf(rule, octets) {
      const row = rowOf(rule)
      if (row !== -1) return rows.strengths[row] as number
      const form = nameForms[rule] as number
      return (bases[form] as number) + octets * (perOctets[form] as number)
    },

    applies(rule, { host, port }) {
      const row = rowOf(rule)
      if (row === -1) return true
      const only = rows.ports[row] as number
      if (only !== 0 && only !== port) return false
      const except = exceptions.size === 0 ? undefined : exceptions.get(row)
      return except === undefined || !isExcepted(host, except)
    },

    describe(rule, name, defaultAction) {
      const level = levelOf(this.strengthOf(rule, name.length))
      return {
        action: actionOf(level, defaultAction),
        level,
        list: sources[this.sourceOf(rule)]?.name ?? '',
        line: this.lineOf(rule),
        ...writtenAs(rule, name),
      }
    },
  }
}

/** A name that starts at `start` of the host: the host itself at 0, its parent behind the first dot. */
function reaches(reach: NameReach | undefined, start: number, firstDot: number): boolean {
  switch (reach) {
    case 'all':
      return true
    case 'host':
      return start === 0
    case 'below':
      return start !== 0
    case 'child':
      return start !== 0 && start === firstDot + 1
    case undefined:
      return false
  }
}

export const EMPTY_SEGMENT: Segment = createSegment({
  sources: [],
  forms: [],
  names: NO_NAME_INDEX,
  rows: NO_ROWS,
  tables: createPatternTables(),
  exceptions: new Map(),
})
