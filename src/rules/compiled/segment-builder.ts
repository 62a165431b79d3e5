import type { Problem } from '../../errors.js'
import { portOf, strengthOf } from '../decide.js'
import { isNative } from '../formats/native.js'
import { parseLine, splitReason } from '../parse.js'
import type { ParsedLine, ParsedRules } from '../parsed-line.js'
import type { Pattern } from '../pattern.js'
import type { RuleAction, RuleMatch } from '../rule.js'
import { createTally, sumOfCounts } from '../tally.js'
import { type Adopted, adopt, forEachName, mergeNames } from './adopt.js'
import { createDetailRowsBuilder } from './detail-rows.js'
import { createFormReader, MAX_FORMS_PER_SOURCE } from './form-reader.js'
import { formOf, isSameForm, type LineForm, type NameReach } from './line-form.js'
import { createLineSplitter } from './line-splitter.js'
import type { Living } from './living.js'
import { createNameCollector } from './name-collector.js'
import { DETAIL, type NameColumns, sliceColumns } from './name-columns.js'
import { createNameIndex } from './name-index.js'
import { createPatternTables } from './pattern-tables.js'
import { createSegment, type FoundInclude, type Segment, type SegmentSource } from './segment.js'
import type { PrintKey } from './suffix-prints.js'

/** How the lines of one list are to be read. */
export type ListOptions = {
  /** Name shown in matches and problems. */
  readonly name: string
  /** For patterns that state none. */
  readonly action: RuleAction
  readonly scope: 'exact' | 'suffix'
  /** The number of the line before the first; 0 for a whole list. */
  readonly linesBefore?: number
  /** The list of the builder that this text belongs to, by its number; without it the text is a list of its own. */
  readonly continues?: number
  /** Held to the native grammar whatever its lines look like. */
  readonly isNative?: boolean
  /** Somebody else's list, whatever its lines look like: nothing in it is an error, and it says nothing about other files or the default. */
  readonly isForeign?: boolean
  /** A list without a rule is no error. */
  readonly mayBeEmpty?: boolean
  /** Whether the file of such a line is loaded too; without it `include` is an error. */
  readonly follows?: (include: FoundInclude) => boolean
}

/** Takes the text of one list in pieces of any length. */
export type ListReader = {
  feed(bytes: Uint8Array): void
  /** @param key identity of the content, kept with the list */
  end(key: string): SegmentSource
}

export type SegmentBuilder = {
  /** What is wrong in the lists read so far. */
  readonly problems: readonly Problem[]
  /** Names read or adopted so far. */
  readonly size: number
  /** Makes room for the rules of a text of this length, and for `front` names of `adoptLarge`. */
  expect(bytes: number, front?: number): void
  /** One list at a time. */
  read(options: ListOptions): ListReader
  /** Takes over what is left of a segment with the same key; its lists follow those that are here. */
  adopt(living: Living): void
  /** The same for one segment that is much larger than the rest: its names are merged, not sorted again. */
  adoptLarge(living: Living): void
  /** Nothing may be read afterwards. */
  finish(): Segment
}

/** Bytes a line of a list has at least, on average. Memory that is not written to is not used either. */
const BYTES_PER_NAME = 12

/** One pass over the text of lists: known forms of lines by their bytes, all others by the parser. */
export function createSegmentBuilder(key: PrintKey): SegmentBuilder {
  const names = createNameCollector(key)
  const rows = createDetailRowsBuilder()
  const tables = createPatternTables()
  const exceptions = new Map<number, readonly string[]>()
  const forms: LineForm[] = []
  const sources: SegmentSource[] = []
  const problems: Problem[] = []
  const parts = { sources, forms, rows, exceptions, addPattern: tables.add }
  let large: Adopted | undefined

  function read(options: ListOptions): ListReader {
    const { name, action: ownAction, scope, linesBefore = 0, follows, isForeign = false } = options
    const tally = createTally(name)
    const reader = createFormReader()
    const formRules: { readonly form: number; rules: number }[] = []
    const defaults: RuleMatch[] = []
    const badfilters: string[] = []
    const includes: FoundInclude[] = []
    const before = options.continues === undefined ? undefined : sources[options.continues]
    const source = before === undefined ? sources.length : sources.indexOf(before)
    if (options.isNative) tally.native()
    if (options.mayBeEmpty || isForeign) tally.content()

    const splitter = createLineSplitter({
      line: linesBefore,
      readForm(text, start, end) {
        const at = reader.read(text, start, end)
        if (at === -1) return -1
        const known = formRules[at] as { readonly form: number; rules: number }
        known.rules++
        names.addBytes(text, reader.nameStart, reader.nameEnd, splitter.line, known.form)
        return reader.lineEnd
      },
      readLine(raw, line) {
        visit(parseLine(raw, scope), raw, line)
      },
    })

    function visit(parsed: ParsedLine, raw: string, line: number): void {
      switch (parsed.kind) {
        case 'blank':
          break
        case 'skipped':
          tally.skip(parsed.reason)
          break
        case 'problem':
          if (!isForeign && isNative(raw.trim())) tally.native()
          tally.problem(parsed, line)
          break
        case 'default':
          if (isForeign) {
            tally.skip('default, in a subscription')
            break
          }
          tally.native()
          if (ownAction === 'allow') {
            tally.skip('default, in an allow file')
            break
          }
          tally.content()
          defaults.push({ action: parsed.action, level: 'default', list: name, line, ...splitReason(raw) })
          break
        case 'include':
        case 'sibling':
          visitInclude({ ...parsed, line })
          break
        case 'rules':
          if (parsed.format === 'native' && !isForeign) tally.native()
          addRules(parsed, raw, line)
      }
    }

    function visitInclude(include: FoundInclude): void {
      if (isForeign && include.kind === 'include') {
        tally.skip('include, in a subscription')
        return
      }
      if (include.kind === 'include') tally.native()
      includes.push(include)
      if (follows?.(include)) tally.content()
      else if (include.kind === 'sibling') tally.skip('v2fly include of a file that is not there')
      else tally.problem({ kind: 'problem', code: 'syntax', column: include.column, ...INCLUDE_HERE }, include.line)
    }

    function addRules(parsed: ParsedRules, raw: string, line: number): void {
      const { format, important, patterns, except, problem, badfilter } = parsed
      if (problem !== undefined) tally.problem(problem, line)
      const action = parsed.action ?? ownAction
      if (ownAction === 'allow' && action === 'block') {
        tally.skip('blocks, in an allow file', patterns.length)
        return
      }
      if (badfilter) {
        tally.skip('badfilter')
        badfilters.push(raw.trim())
        return
      }
      tally.rules(format, patterns.length)
      if (addInForm(parsed, action, raw, line)) return
      let text: string | undefined = raw.trim()
      for (const pattern of patterns.flatMap(branchesOf)) {
        const reach = pattern.kind === 'host' ? 'host' : pattern.kind === 'suffix' ? pattern.reach : undefined
        const strength = strengthOf(action, important, pattern)
        const row = rows.add({ source, line, strength, port: portOf(pattern), reach }, text)
        text = undefined
        if (except !== undefined) exceptions.set(row, except)
        if (pattern.kind === 'host') names.add(pattern.host, row, DETAIL)
        else if (pattern.kind === 'suffix') names.add(pattern.suffix, row, DETAIL)
        else tables.add(pattern, row)
      }
    }

    /** Learns how the line is written, so that the next ones like it need no parser and no text. */
    function addInForm(parsed: ParsedRules, action: RuleAction, raw: string, line: number): boolean {
      const named = onlyName(parsed)
      const text = raw.trim()
      const written = named === undefined || text.includes('#') ? undefined : formOf(text, named.name)
      if (named === undefined || written === undefined) return false
      const { format, important } = parsed
      const form: LineForm = { source, format, ...written, action, important, reach: named.reach }
      let number = forms.findIndex((known) => isSameForm(known, form))
      if (number === -1) {
        if (formRules.length === MAX_FORMS_PER_SOURCE || forms.length === DETAIL) return false
        number = forms.push(form) - 1
        reader.add(written, formRules.push({ form: number, rules: 0 }) - 1)
      }
      names.add(named.name, line, number)
      return true
    }

    return {
      feed: (text) => splitter.feed(text),
      end(contentKey) {
        splitter.end()
        tally.lines(splitter.line - linesBefore)
        for (const { form, rules } of formRules) if (rules > 0) tally.rules(forms[form]?.format ?? '', rules)
        problems.push(...tally.problems())
        const own = tally.counts()
        const counts = before === undefined ? own : sumOfCounts(before.counts, own)
        const size = (before?.size ?? 0) + own.rules
        const done = { name, action: ownAction, scope, key: contentKey, size, counts, defaults, badfilters, includes }
        sources[source] = done
        return done
      },
    }
  }

  function segmentOf(columns: NameColumns): Segment {
    return createSegment({ sources, forms, names: createNameIndex(columns), rows: rows.rows(), tables, exceptions })
  }

  return {
    problems,
    get size() {
      return names.size
    },
    expect(bytes, front = 0) {
      names.expect(Math.ceil(bytes / BYTES_PER_NAME), front)
    },
    read,
    adopt(living) {
      forEachName(adopt(parts, living), names.addPrinted)
    },
    adoptLarge(living) {
      large = adopt(parts, living)
    },
    finish() {
      if (large === undefined) return segmentOf(names.sorted())
      const room = large.living.segment.names.size
      const columns = names.sortedBehind(room)
      return segmentOf(sliceColumns(columns, 0, mergeNames(large, columns, room)))
    },
  }
}

/** The one name of a line that says nothing else. */
function onlyName({
  patterns,
  except,
  problem,
}: ParsedRules): { readonly name: string; readonly reach: NameReach } | undefined {
  const [pattern, ...others] = patterns
  if (pattern === undefined || others.length > 0 || except !== undefined || problem !== undefined) return undefined
  if (pattern.kind === 'host' && pattern.port === 0) return { name: pattern.host, reach: 'host' }
  if (pattern.kind === 'suffix' && pattern.port === 0) return { name: pattern.suffix, reach: pattern.reach }
  return undefined
}

/** Braces are written once and count once; each branch has its own place in the tables. */
export function branchesOf(pattern: Pattern): readonly Pattern[] {
  return pattern.kind === 'branches' ? pattern.branches.flatMap(branchesOf) : [pattern]
}

const INCLUDE_HERE = {
  message: '`include` works only in files named by the user',
  fix: 'name the file itself with --rules, --block or --allow',
}
