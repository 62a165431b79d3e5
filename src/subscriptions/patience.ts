import { FetchError } from './fetch-error.js'

/** Limits for a task of several waits: whoever does the task stops when `signal` says so. */
export type Patience = {
  /** Aborted with the reason that was given, or with that of the signal it came from. */
  readonly signal: AbortSignal
  /** Starts a wait; the one before is over. */
  wait(ms: number, complaint: string): void
  /** The task has ended, whichever way. */
  end(): void
}

export function createPatience(outer: AbortSignal): Patience {
  const own = new AbortController()
  let timer: NodeJS.Timeout | undefined
  return {
    signal: AbortSignal.any([outer, own.signal]),
    wait(ms, complaint) {
      clearTimeout(timer)
      timer = setTimeout(() => own.abort(new FetchError(`${complaint} (waited ${ms / 1_000} s)`)), ms)
    },
    end() {
      clearTimeout(timer)
    },
  }
}
