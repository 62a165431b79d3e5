import { monitorEventLoopDelay } from 'node:perf_hooks'

/** How often the event loop is asked whether it is late: 20 ms see what a client feels, and cost 50 wake-ups a second. */
const RESOLUTION_MS = 20

export type EventLoopLag = {
  /** Seconds by quantile (`1` is the worst) since the last call; empty where there was no look yet. */
  take(): readonly (readonly [string, number])[]
  close(): void
}

/** Watches how late the event loop of this process is. */
export function watchEventLoop(): EventLoopLag {
  const delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS })
  delay.enable()
  // what an idle loop takes between two looks is no lag
  const late = (ns: number): number => Math.max(0, ns / 1e9 - RESOLUTION_MS / 1e3)

  return {
    take() {
      if (delay.count === 0) return []
      const lag = [
        ['0.5', late(delay.percentile(50))],
        ['0.99', late(delay.percentile(99))],
        ['1', late(delay.max)],
      ] as const
      delay.reset()
      return lag
    },
    close() {
      delay.disable()
    },
  }
}
