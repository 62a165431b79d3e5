const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS

/** Where neither the configuration nor the list says how long it stays good. */
const USUAL_REFRESH_MS = DAY_MS
/** A list that says it expires at once would have all its readers ask all the time, one that never does would be lost to mistakes. */
const MIN_EXPIRES_MS = HOUR_MS
const MAX_EXPIRES_MS = 14 * DAY_MS
/** Instances that were started together spread out by a tenth of the time between two fetches. */
const JITTER = 0.1
/** Lists that are overdue at a start are fetched within this time: there is a copy to go on with. */
const START_SPREAD_MS = 60_000
/** The first try after a failure; each further failure doubles the time, up to `MAX_RETRY_MS`. */
const RETRY_MS = 30_000
const MAX_RETRY_MS = 4 * HOUR_MS

/** What a list says and what is written of it, in milliseconds. */
export type Freshness = {
  readonly refreshMs: number | undefined
  readonly expiresMs: number | undefined
}

/** Milliseconds from one fetch to the next: as configured, else as the list says (1 h to 14 days), else a day. */
export function refreshInterval({ refreshMs, expiresMs }: Freshness): number {
  if (refreshMs !== undefined) return refreshMs
  if (expiresMs === undefined) return USUAL_REFRESH_MS
  return Math.min(Math.max(expiresMs, MIN_EXPIRES_MS), MAX_EXPIRES_MS)
}

/**
 * When a list is fetched first: at once without a copy, else when its time is up.
 *
 * @param now Unix time in milliseconds, like all that is returned here
 * @param checkedAt when the copy was last known to be what is published
 * @param chance from 0 to 1, drawn anew each time
 */
export function firstFetch(now: number, checkedAt: number | undefined, freshness: Freshness, chance: number): number {
  if (checkedAt === undefined) return now
  // a clock that was set back must not make a copy stay good for longer
  const dueAt = nextFetch(Math.min(checkedAt, now), freshness, chance)
  return dueAt > now ? dueAt : now + chance * START_SPREAD_MS
}

/** After a fetch that ended at `checkedAt`: never sooner than asked for. */
export function nextFetch(checkedAt: number, freshness: Freshness, chance: number): number {
  const interval = refreshInterval(freshness)
  return checkedAt + interval + chance * JITTER * interval
}

/** @param failures how many there were in a row, the one at `now` among them */
export function nextTry(now: number, failures: number, freshness: Freshness, chance: number): number {
  const most = Math.min(MAX_RETRY_MS, refreshInterval(freshness))
  const wait = Math.min(most, RETRY_MS * 2 ** Math.min(failures - 1, 20))
  return now + wait + chance * JITTER * wait
}
