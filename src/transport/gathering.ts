import type { Socket } from 'node:net'
import { READ_BYTES } from '../upstream/recycled.js'

/** What comes first from each side is not measured: short transfers end without it. */
export const UNMEASURED_BYTES = 1_048_576
/** What gathers is looked at so often, in ms. */
const TICK_MS = 4
/** What comes in so many ms tells whether it begins; in so many, whether it goes on: threads that take turns on a processor send in bursts. */
const MEASURED_MS = 32
const JUDGED_MS = 128
/** Who loses much as soon as it gathers waits for something that we do not see: it is left alone for so many ms, twice as many each time. */
const FIRST_REST_MS = 128
const LONGEST_REST_MS = 16_384
/** It begins at 16 MiB a second, in octets a ms. */
const FAST = 16_384
/** And where reads bring less than this on average: fuller ones cost less than leaving them. */
const SMALL = READ_BYTES / 2

export type Gathering = {
  /**
   * For one direction of a tunnel.
   *
   * @param from who sends; a read of it brings READ_BYTES where there are as many
   * @param to who receives
   * @param answered how many octets have come from the receiver in all
   */
  open(from: Socket, to: Socket, answered: () => number): GatheringHalf
}

export type GatheringHalf = {
  /**
   * A read has brought so many octets, and all were taken.
   *
   * @returns whether the sender is to be paused; it is resumed by a tick
   */
  note(length: number): boolean
}

/**
 * Leaves to gather what comes fast and in small portions, each of which would wake us and whoever receives it: its sender is not
 * read for up to 4 ms. What the engine native does in a way of its own, see docs/decisions/0018-what-comes-fast-gathers.md.
 *
 * @param now ms, from any start
 */
export function createGathering(now: () => number): Gathering {
  const looks = new Set<() => void>()
  let ticking: NodeJS.Timeout | undefined

  function tick(): void {
    for (const look of looks) look()
    if (looks.size > 0) return
    clearInterval(ticking)
    ticking = undefined
  }

  return {
    open(from, to, answered) {
      let measuredAt = now()
      let octets = 0
      let reads = 0
      let answeredBefore = answered()
      /** Octets a ms when it began; 0: it does not gather. */
      let pace = 0
      /** Has gathered and lost little by it. */
      let isProven = false
      let restMs = 0
      let restsUntil = 0

      /** Octets a ms since the last time; 0 where they were answered: the sender may wait for that, and would be held up. */
      function measure(): number {
        const at = now()
        const before = answeredBefore
        answeredBefore = answered()
        const measured = answeredBefore === before ? octets / (at - measuredAt) : 0
        measuredAt = at
        octets = reads = 0
        return measured
      }

      /** It ends where it loses a quarter of its pace at once, or half of it later. */
      function judge(): void {
        const measured = measure()
        if (measured >= pace * (isProven ? 1 / 2 : 3 / 4)) {
          isProven = true
          restMs = 0
          return
        }
        if (!isProven) {
          restMs = Math.min(Math.max(restMs * 2, FIRST_REST_MS), LONGEST_REST_MS)
          restsUntil = now() + restMs
        }
        leave()
      }

      function leave(): void {
        pace = 0
        looks.delete(look)
      }

      function look(): void {
        if (from.destroyed || answered() !== answeredBefore) {
          measure()
          leave()
        } else if (now() - measuredAt >= JUDGED_MS) {
          judge()
        }
        // who is full has it resumed when there is room
        if (!to.writableNeedDrain) from.resume()
      }

      return {
        note(length) {
          octets += length
          reads++
          if (pace === 0) {
            const at = now()
            if (at - measuredAt < MEASURED_MS) return false
            const isSmall = octets < reads * SMALL
            const measured = measure()
            if (!isSmall || measured < FAST || at < restsUntil) return false
            pace = measured
            isProven = false
            looks.add(look)
            ticking ??= setInterval(tick, TICK_MS).unref()
          }
          // a full read is followed by what is left
          return length < READ_BYTES
        },
      }
    },
  }
}
