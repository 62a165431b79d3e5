import { counted } from '../counted.js'

/** While lines are being lost, one message in this time says how many, in milliseconds. */
const REPORT_MS = 60_000

/** Counts lines that never reached the log, and says so. */
export type LossReport = {
  lost(lines: number, why: string): void
  readonly total: number
  /** Says what has not been said yet. */
  close(): void
}

/** The first loss is told at once; how many were lost, once a minute while it goes on, and at the end. */
export function createLossReport(tell: (message: string) => void): LossReport {
  let total = 0
  let told = 0
  let timer: NodeJS.Timeout | undefined

  function tellRest(): void {
    timer = undefined
    const lines = total - told
    if (lines === 0) return
    told = total
    tell(`the access log lost ${counted(lines, 'line')}, ${total} since the start`)
    wait()
  }

  function wait(): void {
    timer = setTimeout(tellRest, REPORT_MS)
    timer.unref()
  }

  return {
    lost(lines, why) {
      total += lines
      if (timer !== undefined) return
      tell(`the access log loses lines: ${why}; exchanges go on unlogged until that ends`)
      wait()
    },
    get total() {
      return total
    },
    close() {
      clearTimeout(timer)
      tellRest()
      clearTimeout(timer)
    },
  }
}
