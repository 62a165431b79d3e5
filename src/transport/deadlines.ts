import { createPlacedItems } from './placed-items.js'

/** Something with a point in time after which it must end. */
export type Expiring = {
  /** Coarse clock, ms; 0 while there is none. */
  deadline: number
  /** The place among all that have a deadline, theirs to keep. */
  deadlinePlace?: number
  expire(): void
}

export type Deadlines = {
  /** The coarse clock: milliseconds, moved on at each sweep while there are items. Good for time-outs, read for free. */
  readonly now: number
  add(item: Expiring): void
  delete(item: Expiring): void
  readonly size: number
}

/**
 * One timer for all time-outs: at each tick it asks every open connection for
 * its deadline. Setting or moving a deadline is one store into a field, which
 * happens for every chunk; a timer per exchange would cost more than the
 * exchange's own work. A time-out is late by up to one tick.
 *
 * @param tickMs how often to sweep, in ms
 * @param clock a monotonic clock in ms
 */
export function createDeadlines(tickMs: number, clock: () => number): Deadlines {
  const items = createPlacedItems<'deadlinePlace', Expiring>('deadlinePlace')
  let now = clock()
  let timer: NodeJS.Timeout | undefined

  function sweep(): void {
    now = clock()
    items.forEach(expireOne)
  }

  function expireOne(item: Expiring): void {
    if (item.deadline !== 0 && item.deadline <= now) item.expire()
  }

  return {
    get now() {
      // without items nothing moves it on, and what comes next is timed from here
      return items.size === 0 ? clock() : now
    },
    get size() {
      return items.size
    },
    add(item) {
      if (items.size === 0) {
        now = clock()
        timer = setInterval(sweep, tickMs)
        timer.unref()
      }
      items.add(item)
    },
    delete(item) {
      items.delete(item)
      if (items.size === 0) clearInterval(timer)
    },
  }
}

/** A tick that is late by at most a tenth of the shortest time-out, within 10 to 500 ms. */
export function tickFor(timeouts: readonly number[]): number {
  return Math.min(500, Math.max(10, Math.floor(Math.min(...timeouts) / 10)))
}
