import { InputError } from '../errors.js'
import { GONE, type Living, wholly } from './compiled/living.js'
import type { SegmentSource } from './compiled/segment.js'
import {
  createSegmentBuilder,
  type ListOptions,
  type ListReader,
  type SegmentBuilder,
} from './compiled/segment-builder.js'
import type { PrintKey } from './compiled/suffix-prints.js'
import { conclude } from './conclude.js'
import type { RuleAction, RuleSet } from './rule.js'
import { isMostlyGone, MAX_OVERLAY, mostInOverlay, ranksLeft, type Segments, toRuleSet } from './rule-edit.js'
import { NOTHING, stateOf } from './rule-set.js'

export type UpdateOptions = {
  /** Beats `default` lines. */
  readonly default?: RuleAction
  /** For a set without a predecessor, whose key is kept. */
  readonly key: PrintKey
}

/** Which list, read in which way. */
export type ListIdentity = Pick<ListOptions, 'name' | 'action' | 'scope'>

/**
 * A new rule set from lists, in their order of precedence. Lists that a former
 * set has with the same content are taken over from it; the others are read.
 */
export type RuleUpdate = {
  /** Takes a list over. @returns what is known of it, undefined where it must be read */
  keep(list: ListIdentity, contentKey: string): SegmentSource | undefined
  /** @param bytes length of the text, as far as known */
  read(list: ListOptions, bytes?: number): ListReader
  /** @throws {InputError} naming everything wrong in what was read, and `default` lines that contradict each other */
  finish(): RuleSet
}

export function createRuleUpdate(previous: RuleSet | undefined, options: UpdateOptions): RuleUpdate {
  const before = previous === undefined ? undefined : stateOf(previous)
  const key = before?.key ?? options.key
  const builder = createSegmentBuilder(key)
  const livings = before === undefined ? [] : [before.overlay, before.base]
  const keptRanks = livings.map(({ ranks }) => new Int32Array(ranks.length).fill(GONE))
  const readRanks: number[] = []
  let rank = 0

  return {
    keep({ name, action, scope }, contentKey) {
      for (const [i, { segment, ranks }] of livings.entries()) {
        const kept = keptRanks[i] as Int32Array
        const at = segment.sources.findIndex(
          (source, place) =>
            ranks[place] !== GONE &&
            kept[place] === GONE &&
            source.key === contentKey &&
            source.name === name &&
            source.action === action &&
            source.scope === scope,
        )
        if (at === -1) continue
        kept[at] = rank++
        return segment.sources[at]
      }
      return undefined
    },

    read(list, bytes = 0) {
      readRanks.push(rank++)
      const isLarge = bytes > MAX_OVERLAY * BYTES_PER_LINE
      builder.expect(bytes, isLarge ? (before?.base.segment.names.size ?? 0) : 0)
      return builder.read(list)
    },

    finish() {
      const { problems } = builder
      const [overlay = NOTHING, base = NOTHING] = livings.map((living, i) => ({
        ...living,
        ranks: keptRanks[i] as Int32Array,
      }))
      if (problems.length > 0) throw new InputError(problems)
      return toRuleSet(
        conclude({
          ...settle(readRanks, builder, overlay, base),
          key,
          editedLines: before?.editedLines ?? 0,
          wantedDefault: options.default,
        }),
      )
    },
  }
}

/** A list of this many bytes a rule is as short as lists are. */
const BYTES_PER_LINE = 16

/** What was read goes into the overlay, or, where that would grow too large, all becomes a new base. */
function settle(readRanks: readonly number[], builder: SegmentBuilder, overlay: Living, base: Living): Segments {
  if (base.segment.entries === 0 && overlay.segment.entries === 0) {
    return { base: wholly(builder.finish(), Int32Array.from(readRanks)), overlay: NOTHING }
  }
  if (readRanks.length === 0 && !isMostlyGone(base)) return { base, overlay }
  const ranks = [...readRanks, ...ranksLeft(overlay)]
  builder.adopt(overlay)
  if (builder.size <= mostInOverlay(base) && !isMostlyGone(base)) {
    return { base, overlay: wholly(builder.finish(), Int32Array.from(ranks)) }
  }
  builder.adoptLarge(base)
  return { base: wholly(builder.finish(), Int32Array.from([...ranks, ...ranksLeft(base)])), overlay: NOTHING }
}
