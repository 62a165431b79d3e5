import type { Clock } from '../../src/subscriptions/clock.js'

export type FakeClock = Clock & {
  /** How long the alarm that rings next is still away; undefined where none is set. */
  readonly untilNext: number | undefined
  /** Moves the time on and rings the alarms on the way, in order. */
  advance(ms: number): void
  /** Sets it to another time, which moves no alarm. */
  jump(ms: number): void
}

/** A clock that only a test moves. */
export function createFakeClock(start = 1_000_000_000_000): FakeClock {
  const alarms = new Set<{ at: number; readonly run: () => void }>()
  let time = start
  const next = () => [...alarms].sort((a, b) => a.at - b.at)[0]

  return {
    now: () => time,
    wake(ms, run) {
      const alarm = { at: time + ms, run }
      alarms.add(alarm)
      return () => void alarms.delete(alarm)
    },
    get untilNext() {
      const alarm = next()
      return alarm === undefined ? undefined : alarm.at - time
    },
    advance(ms) {
      const end = time + ms
      for (let alarm = next(); alarm !== undefined && alarm.at <= end; alarm = next()) {
        alarms.delete(alarm)
        time = Math.max(time, alarm.at)
        alarm.run()
      }
      time = end
    },
    jump(ms) {
      time += ms
      for (const alarm of alarms) alarm.at += ms
    },
  }
}
