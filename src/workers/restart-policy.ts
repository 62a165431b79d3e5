/** A worker that dies sooner than this after its start died of what it is, not of what it met, in milliseconds. */
const QUICK_MS = 10_000

/** As many quick deaths in a row, and the next one would be no different. */
const MOST_QUICK_DEATHS = 5

const FIRST_DELAY_MS = 100
const LONGEST_DELAY_MS = 5_000

/** When the worker of one place is started again. */
export type RestartPolicy = {
  /**
   * @param livedMs from the start of the process to its end
   * @returns how long to wait, in ms, or undefined where it is not to be started again
   */
  died(livedMs: number): number | undefined
  /** Things have changed: earlier deaths say nothing about the next start. */
  forget(): void
}

/** At once after the first death, then after 100 ms, twice as long each time; given up after five quick deaths in a row. */
export function createRestartPolicy(): RestartPolicy {
  let quickDeaths = 0
  return {
    died(livedMs) {
      quickDeaths = livedMs < QUICK_MS ? quickDeaths + 1 : 0
      if (quickDeaths >= MOST_QUICK_DEATHS) return undefined
      return quickDeaths <= 1 ? 0 : Math.min(FIRST_DELAY_MS * 2 ** (quickDeaths - 2), LONGEST_DELAY_MS)
    },
    forget() {
      quickDeaths = 0
    },
  }
}
