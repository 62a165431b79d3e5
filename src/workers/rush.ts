/** After how many clients it is told: as many as a turn may have, and more than come in a burst of those that stay. */
const CLIENTS = 512

/** They are a rush where they came within so many ms: 1,000 a second for one worker. */
const WITHIN_MS = 512

/**
 * Notices when new clients come so fast that workers had better take turns (accept-turns.ts).
 *
 * @param now in ms, monotonic
 * @param tell called after each 512 clients of a rush
 * @returns to be called after each client that was let in
 */
export function createRush(now: () => number, tell: () => void): () => void {
  let clients = 0
  let since = now()
  return () => {
    if (++clients < CLIENTS) return
    const at = now()
    if (at - since < WITHIN_MS) tell()
    clients = 0
    since = at
  }
}
