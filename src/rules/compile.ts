import { InputError, type Problem } from '../errors.js'
import { portOf, strengthOf } from './decide.js'
import { adblockKey } from './formats/adblock.js'
import { isNative } from './formats/native.js'
import { forEachLine } from './lines.js'
import { parseLine, splitReason } from './parse.js'
import type { ParsedRules } from './parsed-line.js'
import type { Pattern } from './pattern.js'
import type { RuleAction, RuleMatch, RuleSet, RuleSource, SourceCounts } from './rule.js'
import { createRuleRows } from './rule-rows.js'
import { createRuleIndex, createRuleSet } from './rule-set.js'
import { createTally, type Tally } from './tally.js'

export type CompileOptions = {
  /** Beats `default` lines. */
  readonly default?: RuleAction
  /** For sources that state none. */
  readonly scope?: 'exact' | 'suffix'
}

/**
 * Texts of rules → an immutable rule set.
 *
 * @throws {InputError} naming everything wrong: lines of native files that cannot
 *   be understood, files without a rule, `default` lines that contradict each other
 */
export function compileRules(sources: readonly RuleSource[], options: CompileOptions = {}): RuleSet {
  return compileEdited({ sources, options, added: [], removed: new Set() })
}

/** What `with` changed, kept apart from the sources as they were given. */
type Edited = {
  readonly sources: readonly RuleSource[]
  readonly options: CompileOptions
  /** Held to the native grammar whatever they look like. */
  readonly added: readonly RuleSource[]
  /** Texts of lines, without reasons. */
  readonly removed: ReadonlySet<string>
}

function compileEdited(edited: Edited): RuleSet {
  const { options, removed } = edited
  const sources = [...edited.sources, ...edited.added]
  const builder = createBuilder(sources, removed)
  const problems: Problem[] = []
  const defaults: RuleMatch[] = []
  const counts: SourceCounts[] = []
  for (const [at, source] of sources.entries()) {
    const tally = createTally(source.name)
    if (edited.added.includes(source)) tally.native()
    readSource({ source, at, scope: source.scope ?? options.scope ?? 'exact', tally, builder, defaults })
    problems.push(...tally.problems())
    counts.push(tally.counts())
  }
  const defaultRule = options.default === undefined ? agreedDefault(defaults, problems) : null
  if (problems.length > 0) throw new InputError(problems)

  return createRuleSet({
    ...builder.parts(),
    sources,
    defaultAction: options.default ?? defaultRule?.action ?? 'allow',
    defaultRule,
    counts,
    with({ add = [], remove = [] }) {
      const stillRemoved = new Set([...removed, ...remove.map(textOf)])
      for (const line of add) stillRemoved.delete(textOf(line))
      const added = add.length === 0 ? edited.added : [...edited.added, { name: 'added', text: add.join('\n') }]
      return compileEdited({ ...edited, added, removed: stillRemoved })
    },
  })
}

type Reading = {
  readonly source: RuleSource
  /** Its place among the sources. */
  readonly at: number
  readonly scope: 'exact' | 'suffix'
  readonly tally: Tally
  readonly builder: RuleSetBuilder
  readonly defaults: RuleMatch[]
}

function readSource({ source, at, scope, tally, builder, defaults }: Reading): void {
  forEachLine(source.text, (raw, line, offset) => {
    tally.line()
    const parsed = parseLine(raw, scope)
    switch (parsed.kind) {
      case 'blank':
        break
      case 'skipped':
        tally.skip(parsed.reason)
        break
      case 'problem':
        if (isNative(raw.trim())) tally.native()
        tally.problem(parsed, line)
        break
      case 'default':
        tally.native()
        if (source.action === 'allow') {
          tally.skip('default, in an allow file')
          break
        }
        tally.content()
        defaults.push({ action: parsed.action, level: 'default', list: source.name, line, ...splitReason(raw) })
        break
      case 'include':
        tally.native()
        if (source.included?.has(line)) tally.content()
        else tally.problem({ kind: 'problem', code: 'syntax', column: parsed.column, ...INCLUDE_HERE }, line)
        break
      case 'sibling':
        if (source.included?.has(line)) tally.content()
        else tally.skip('v2fly include of a file that is not there')
        break
      case 'rules':
        if (parsed.format === 'native') tally.native()
        builder.add(parsed, { source, at, raw, line, offset, tally })
    }
  })
}

type RuleSetBuilder = ReturnType<typeof createBuilder>
type RulePlace = Pick<Reading, 'source' | 'at' | 'tally'> & {
  readonly raw: string
  readonly line: number
  readonly offset: number
}

function createBuilder(sources: readonly RuleSource[], removed: ReadonlySet<string>) {
  const rows = createRuleRows()
  const index = createRuleIndex()
  const exceptions = new Map<number, readonly string[]>()
  const takenBack = collectBadfilters(sources)
  let size = 0
  let hasUrlRules = false
  let hasAddressAllows = false

  return {
    add(parsed: ParsedRules, { source, at, raw, line, offset, tally }: RulePlace): void {
      const { format, important, patterns, except, problem, badfilter } = parsed
      if (problem !== undefined) tally.problem(problem, line)
      const action = parsed.action ?? source.action ?? 'block'
      if (source.action === 'allow' && action === 'block') tally.skip('blocks, in an allow file', patterns.length)
      else if (badfilter) tally.skip('badfilter')
      else if (format === 'adblock' && takenBack.has(adblockKey(raw.trim()))) tally.skip('taken back by badfilter')
      else {
        tally.rules(format, patterns.length)
        if (removed.size > 0 && removed.has(textOf(raw))) return
        size += patterns.length
        for (const pattern of patterns.flatMap(branchesOf)) {
          const id = rows.add(at, line, offset, strengthOf(action, important, pattern), portOf(pattern))
          index.add(pattern, id)
          if (except !== undefined) exceptions.set(id, except)
          if (pattern.kind === 'url') hasUrlRules = true
          if (pattern.kind === 'address' && action === 'allow') hasAddressAllows = true
        }
      }
    },
    parts: () => ({ rows, index, exceptions, size, hasUrlRules, hasAddressAllows }),
  }
}

/** What adblock lines with `badfilter` take back, wherever it stands. */
function collectBadfilters(sources: readonly RuleSource[]): ReadonlySet<string> {
  const takenBack = new Set<string>()
  for (const { text } of sources) {
    if (!text.includes('badfilter')) continue
    forEachLine(text, (raw) => {
      if (!raw.includes('badfilter')) return
      const parsed = parseLine(raw)
      if (parsed.kind === 'rules' && parsed.badfilter) takenBack.add(adblockKey(raw.trim()))
    })
  }
  return takenBack
}

function textOf(line: string): string {
  return splitReason(line).text
}

/** Braces are written once and count once; each branch has its own place in the tables. */
export function branchesOf(pattern: Pattern): readonly Pattern[] {
  return pattern.kind === 'branches' ? pattern.branches.flatMap(branchesOf) : [pattern]
}

/** The first `default` line, after a problem for each that says otherwise. */
export function agreedDefault(defaults: readonly RuleMatch[], problems: Problem[]): RuleMatch | null {
  const [first, ...others] = defaults
  if (first === undefined) return null
  for (const other of others) {
    if (other.action === first.action) continue
    problems.push({
      file: other.list,
      line: other.line,
      column: 1,
      message: `\`${other.text}\` contradicts \`${first.text}\` in ${first.list}:${first.line}`,
      fix: 'keep one of the two, or say which with --default',
    })
  }
  return first
}

const INCLUDE_HERE = {
  message: '`include` works only in files named by the user',
  fix: 'name the file itself with --rules, --block or --allow',
}
