import { InputError, type Problem } from '../errors.js'
import { findLines } from './compiled/find-lines.js'
import { GONE, isAlive, type Living } from './compiled/living.js'
import type { PrintKey } from './compiled/suffix-prints.js'
import { adblockKey } from './formats/adblock.js'
import type { RuleMatch, SourceCounts } from './rule.js'
import type { RuleSetState } from './rule-set.js'

/** A rule set before what depends on all its lists together. */
export type Unconcluded = Pick<RuleSetState, 'base' | 'overlay' | 'key' | 'editedLines' | 'wantedDefault'>

/**
 * Adds what depends on all lists together: adblock rules taken back, counts, the default.
 *
 * @param before the set that this one comes from, whose segments may be here again
 * @throws {InputError} `default` lines that contradict each other
 */
export function conclude(set: Unconcluded, before?: RuleSetState): RuleSetState {
  const sources = sourcesInOrder([set.base, set.overlay])
  const badfilters = sources.flatMap(({ source }) => source.badfilters)
  const isSameFilter = before !== undefined && badfilters.join('\n') === before.badfilters.join('\n')
  const settled = (living: Living, old: Living | undefined): Living =>
    isSameFilter && living.segment === old?.segment ? living : muted(living, set.key, badfilters)
  const base = settled(set.base, before?.base)
  const overlay = settled(set.overlay, before?.overlay)

  const counted = sourcesInOrder([base, overlay]).map(({ source, living, at }) => {
    let takenBack = 0
    for (const rule of living.muted) if (living.segment.sourceOf(rule) === at) takenBack++
    const size = source.size - takenBack - (living.removedSizes.get(at) ?? 0)
    return { counts: lessTakenBack(source.counts, takenBack), size }
  })
  const wanted = set.wantedDefault
  const defaultRule = wanted === undefined ? agreedDefault(sources.flatMap(({ source }) => source.defaults)) : null
  return {
    ...set,
    base,
    overlay,
    badfilters,
    size: counted.reduce((sum, { size }) => sum + size, 0),
    counts: counted.map(({ counts }) => counts),
    defaultAction: wanted ?? defaultRule?.action ?? 'allow',
    defaultRule,
  }
}

/** The lists that count, first one first. */
export function sourcesInOrder(livings: readonly Living[]) {
  return livings
    .flatMap((living) =>
      living.segment.sources.map((source, at) => ({ source, living, at, rank: living.ranks[at] as number })),
    )
    .filter(({ rank }) => rank !== GONE)
    .toSorted((a, b) => a.rank - b.rank)
}

/** Adblock lines with `badfilter` take back their equals, wherever these stand. */
function muted(living: Living, key: PrintKey, badfilters: readonly string[]): Living {
  if (badfilters.length === 0 && living.muted.size === 0) return living
  const rules = new Set<number>()
  for (const badfilter of badfilters) {
    const wanted = adblockKey(badfilter)
    const isSame = (text: string): boolean => adblockKey(text) === wanted
    for (const rule of findLines(living.segment, key, wanted, isSame)) {
      if (isAlive({ ...living, muted: NONE }, rule)) rules.add(rule)
    }
  }
  return { ...living, muted: rules }
}

const NONE: ReadonlySet<number> = new Set()

function lessTakenBack(counts: SourceCounts, takenBack: number): SourceCounts {
  if (takenBack === 0) return counts
  const { adblock = 0, ...others } = counts.byFormat
  const left = adblock - takenBack
  return {
    ...counts,
    rules: counts.rules - takenBack,
    byFormat: left > 0 ? { ...others, adblock: left } : others,
    skipped: { ...counts.skipped, 'taken back by badfilter': takenBack },
  }
}

/**
 * The first `default` line of all lists.
 *
 * @throws {InputError} naming each that says otherwise
 */
export function agreedDefault(defaults: readonly RuleMatch[]): RuleMatch | null {
  const [first, ...others] = defaults
  if (first === undefined) return null
  const problems = others
    .filter(({ action }) => action !== first.action)
    .map(
      ({ list, line, text }): Problem => ({
        file: list,
        line,
        column: 1,
        message: `\`${text}\` contradicts \`${first.text}\` in ${first.list}:${first.line}`,
        fix: 'keep one of the two, or say which with --default',
      }),
    )
  if (problems.length > 0) throw new InputError(problems)
  return first
}
