import { vi } from 'vitest'

/** On a busy machine a process may take seconds to start; less than the time-out of a test, which would not say what was missing. */
const PATIENCE_MS = 40_000

/**
 * Resolves with what `check` returns as soon as it does not throw.
 *
 * @throws what `check` threw last, where its time is up
 */
export function waitFor<T>(check: () => T | Promise<T>): Promise<T> {
  return vi.waitFor(check, { timeout: PATIENCE_MS, interval: 20 })
}
