/** Time, for those who plan by it. */
export type Clock = {
  /** Unix time in milliseconds. */
  now(): number
  /** @returns cancels */
  wake(ms: number, run: () => void): () => void
}

/** The machine's; an alarm alone keeps no process alive. */
export const SYSTEM_CLOCK: Clock = {
  now: () => Date.now(),
  wake(ms, run) {
    const timer = setTimeout(run, ms).unref()
    return () => clearTimeout(timer)
  },
}
