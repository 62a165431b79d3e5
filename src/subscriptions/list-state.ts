import type { SegmentSource } from '../rules/compiled/segment.js'
import type { RuleAction } from '../rules/rule.js'
import type { Kept } from './list-store.js'
import { type Subscription, shownUrl } from './subscription.js'

/** How a subscribed list stands: what `veilgate lists --json` shows of it. */
export type ListState = {
  readonly name: string
  /** Without credentials and query. */
  readonly url: string
  readonly action: RuleAction
  readonly scope: 'exact' | 'suffix'
  /** `pending`: none of its rules are in force yet; `failing`: a copy is, and the last fetch failed. */
  readonly status: 'current' | 'failing' | 'pending'
  /** Rules in force. */
  readonly entries: number
  /** Why lines are none of them, with how many. */
  readonly skipped: Readonly<Record<string, number>>
  /** Seconds since the copy was last known to be what is published; null without one. */
  readonly age: number | null
  /** When its text came; ISO 8601, like all times here. */
  readonly fetchedAt: string | null
  readonly checkedAt: string | null
  readonly nextAt: string | null
  readonly isUpdating: boolean
  /** Failed fetches in a row since the start. */
  readonly failures: number
  readonly lastError: string | null
}

/** What an update did to one list. */
export type ListUpdate = {
  readonly name: string
  readonly outcome: 'updated' | 'unchanged' | 'failed'
  /** Rules in force now. */
  readonly entries: number
  readonly error: string | null
}

export type ListProgress = {
  readonly subscription: Subscription
  readonly kept: Kept
  /** Unix time in milliseconds. */
  readonly nextAt: number
  readonly failures: number
  readonly isUpdating: boolean
}

/** @param source the list as it is in force; undefined where it is not */
export function toListState(
  { subscription, kept, nextAt, failures, isUpdating }: ListProgress,
  source: SegmentSource | undefined,
  now: number,
): ListState {
  const { name, url, action, scope } = subscription
  const copy = source === undefined ? undefined : kept.copy
  return {
    name,
    url: shownUrl(url),
    action,
    scope,
    status: source === undefined ? 'pending' : kept.lastError === undefined ? 'current' : 'failing',
    entries: source?.counts.rules ?? 0,
    skipped: source?.counts.skipped ?? {},
    age: copy === undefined ? null : Math.max(0, Math.round((now - copy.checkedAt) / 1_000)),
    fetchedAt: copy === undefined ? null : toTime(copy.fetchedAt),
    checkedAt: copy === undefined ? null : toTime(copy.checkedAt),
    nextAt: isUpdating ? null : toTime(nextAt),
    isUpdating,
    failures,
    lastError: kept.lastError?.message ?? null,
  }
}

function toTime(ms: number): string {
  return new Date(Math.round(ms)).toISOString()
}
