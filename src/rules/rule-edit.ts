import { InputError } from '../errors.js'
import { findLines } from './compiled/find-lines.js'
import { GONE, isAlive, type Living, wholly } from './compiled/living.js'
import { createSegmentBuilder } from './compiled/segment-builder.js'
import { conclude } from './conclude.js'
import { parseLine, splitReason } from './parse.js'
import type { RuleSet } from './rule.js'
import { createRuleSet, NOTHING, type RuleSetState } from './rule-set.js'

export type Segments = Pick<RuleSetState, 'base' | 'overlay'>

/** The overlay is merged into the base beyond a sixteenth of it, within these bounds: an edit copies it. */
const OVERLAY_SHARE = 16
const MIN_OVERLAY = 4_096
export const MAX_OVERLAY = 65_536

export function mostInOverlay({ segment }: Living): number {
  return Math.min(MAX_OVERLAY, Math.max(MIN_OVERLAY, Math.floor(segment.entries / OVERLAY_SHARE)))
}

/** Half of the rules are of lists that were replaced, or were taken away one by one. */
export function isMostlyGone({ segment, ranks, removed }: Living): boolean {
  let gone = removed.size
  for (const [at, { size }] of segment.sources.entries()) if (ranks[at] === GONE) gone += size
  return gone > 0 && gone * 2 >= segment.entries
}

/** Ranks of the lists that are left, in the order in which a builder adopts them. */
export function ranksLeft({ ranks }: Living): number[] {
  return [...ranks].filter((rank) => rank !== GONE)
}

export function toRuleSet(state: RuleSetState): RuleSet {
  return createRuleSet(state, (change) => toRuleSet(edited(state, change)))
}

type Change = Parameters<RuleSet['with']>[0]

/**
 * Single rules removed and added. Costs what the overlay costs, never what the
 * base does, until the two are merged.
 *
 * @throws {InputError} lines to add that cannot be understood
 */
function edited(state: RuleSetState, { add = [], remove = [] }: Change): RuleSetState {
  const { key } = state
  let { base, overlay } = merged(state)
  for (const line of remove) {
    const { text } = splitReason(line)
    base = without(base, key, text)
    overlay = without(overlay, key, text)
  }
  if (add.length > 0) overlay = withLines(state, base, overlay, add)
  return conclude({ ...state, base, overlay, editedLines: state.editedLines + add.length }, state)
}

/** Adds lines to the list of edits, which is the last of all. */
function withLines({ key, editedLines }: RuleSetState, base: Living, overlay: Living, add: readonly string[]): Living {
  const builder = createSegmentBuilder(key)
  builder.adoptLarge(overlay)
  const sources = overlay.segment.sources.filter((_, at) => overlay.ranks[at] !== GONE)
  const edits = sources.findIndex((source) => source.key === EDITS)
  const reader = builder.read({
    name: 'added',
    action: 'block',
    scope: 'exact',
    linesBefore: editedLines,
    isNative: true,
    ...(edits !== -1 && { continues: edits }),
  })
  reader.feed(new TextEncoder().encode(add.join('\n')))
  reader.end(EDITS)
  if (builder.problems.length > 0) throw new InputError(builder.problems)
  const ranks = ranksLeft(overlay)
  const last = Math.max(-1, ...base.ranks, ...ranks)
  return wholly(builder.finish(), Int32Array.from(edits === -1 ? [...ranks, last + 1] : ranks))
}

/** The key of the list of edits: no content has it. */
const EDITS = '(edits)'

/** A new base, where the overlay or what was removed has grown large. */
function merged({ key, base, overlay }: RuleSetState): Segments {
  const most = mostInOverlay(base)
  if (overlay.segment.entries <= most && base.removed.size <= most) return { base, overlay }
  const builder = createSegmentBuilder(key)
  builder.adopt(overlay)
  builder.adoptLarge(base)
  return {
    base: wholly(builder.finish(), Int32Array.from([...ranksLeft(overlay), ...ranksLeft(base)])),
    overlay: NOTHING,
  }
}

function without(living: Living, key: RuleSetState['key'], text: string): Living {
  const { segment, ranks } = living
  const found = findLines(segment, key, text).filter((rule) => isAlive(living, rule))
  if (found.length === 0) return living
  const removed = new Set([...living.removed, ...found])
  const removedSizes = new Map(living.removedSizes)
  const lines = new Map(
    found.map((rule) => [`${segment.sourceOf(rule)}:${segment.lineOf(rule)}`, segment.sourceOf(rule)]),
  )
  const parsed = parseLine(text)
  const rules = parsed.kind === 'rules' ? parsed.patterns.length : 0
  for (const source of lines.values()) removedSizes.set(source, (removedSizes.get(source) ?? 0) + rules)
  return { segment, ranks, removed, removedSizes, muted: living.muted }
}
