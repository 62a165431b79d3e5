// Memory of a process as the system counts it. On systems other than Linux there is no peak since a moment.
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'

const CLEAR_REFS = '/proc/self/clear_refs'
/** proc(5): resets the peak (VmHWM) to what is resident now. */
const RESET_PEAK = '5'
/** V8 gives pages back in other threads, a little after a collection. */
const SETTLING_MS = 150
const COLLECTIONS = 4

/** Resident bytes when nothing is left to collect. Needs `node --expose-gc`. */
export async function restingBytes() {
  for (let i = 0; i < COLLECTIONS; i++) {
    globalThis.gc()
    await sleep(SETTLING_MS)
  }
  return process.memoryUsage.rss()
}

export function resetPeak() {
  if (existsSync(CLEAR_REFS)) writeFileSync(CLEAR_REFS, RESET_PEAK)
}

/** Most bytes resident since `resetPeak`; undefined where the system does not say. */
export function peakBytes() {
  return memoryOf('self')?.peak
}

/**
 * @param {number | 'self'} pid
 * @returns {{ resident: number, peak: number } | undefined}
 */
export function memoryOf(pid) {
  const file = `/proc/${pid}/status`
  if (!existsSync(file)) return undefined
  const status = readFileSync(file, 'latin1')
  const kibibytes = (field) => Number(new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(status)?.[1]) * 1024
  return { resident: kibibytes('VmRSS'), peak: kibibytes('VmHWM') }
}
