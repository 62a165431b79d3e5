/** `up`: it worked last time. `down`: it did not. `trial`: it is down, and one exchange tries it. */
export type HealthStatus = 'up' | 'down' | 'trial'

/** What a failure says of the next one: a `quick` one costs nothing to ask for again, a `slow` one its whole time. */
export type FailureKind = 'quick' | 'slow'

/** Times are milliseconds on one clock that does not go back. */
export type Health = {
  readonly status: HealthStatus
  /** One after the other, without a success. */
  readonly failures: number
  readonly lastError: string
  /** When a trial is due; 0 while it is up. */
  readonly retryAt: number
  /** It takes its turn: it is up, or down for so long that somebody shall try it. */
  mayTake(now: number): boolean
  /** Where nobody else is left, it is worth asking all the same. */
  mayTryAnyway(): boolean
  /** An attempt begins. */
  begin(now: number): void
  succeed(): void
  /** @param startedAt when the attempt began: what began before it was found down says nothing new */
  fail(startedAt: number, now: number, kind: FailureKind, why: string): void
  /** It can be connected to again, which is not yet to say that it works: a trial is due at once. */
  invite(now: number): void
  /** An attempt ends without having shown anything. */
  giveUp(): void
}

const FIRST_BACKOFF_MS = 1_000
const MAX_BACKOFF_MS = 60_000

/**
 * Passive health: one failure takes a member out of its turn, for a second, then
 * twice as long each time, up to a minute; then one exchange tries it, and the
 * others go on without it until that one has succeeded.
 *
 * @param onChange hears of each change between up and down
 */
export function createHealth(onChange: (isUp: boolean, health: Health) => void): Health {
  let status: HealthStatus = 'up'
  let failures = 0
  let lastError = ''
  let lastKind: FailureKind = 'quick'
  let downSince = 0
  let retryAt = 0

  const health: Health = {
    get status() {
      return status
    },
    get failures() {
      return failures
    },
    get lastError() {
      return lastError
    },
    get retryAt() {
      return retryAt
    },

    mayTake: (now) => status === 'up' || (status === 'down' && now >= retryAt),
    mayTryAnyway: () => lastKind === 'quick',

    begin(now) {
      if (status === 'down' && now >= retryAt) status = 'trial'
    },

    succeed() {
      const wasUp = status === 'up'
      status = 'up'
      failures = 0
      lastError = ''
      retryAt = 0
      if (!wasUp) onChange(true, health)
    },

    fail(startedAt, now, kind, why) {
      if (status !== 'up' && startedAt < downSince) return
      const wasUp = status === 'up'
      status = 'down'
      failures++
      lastError = why
      lastKind = kind
      downSince = now
      retryAt = now + Math.min(MAX_BACKOFF_MS, FIRST_BACKOFF_MS * 2 ** (failures - 1))
      if (wasUp) onChange(false, health)
    },

    invite(now) {
      if (status === 'down' && lastKind === 'quick') retryAt = Math.min(retryAt, now)
    },

    giveUp() {
      if (status === 'trial') status = 'down'
    },
  }
  return health
}
