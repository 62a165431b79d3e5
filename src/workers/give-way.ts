/** Longer than another process takes to wake up and accept; measured, see docs/decisions/0012-workers.md. In ms. */
const PAUSE_MS = 0.3

/** Share of its time that a worker may spend on giving way, so that it is never slowed down by much. */
const SHARE = 0.05

/** What may be spent in one go: enough for a burst of 130 connections. In ms. */
const MOST_SAVED_MS = 20

export type GiveWayOptions = {
  /** Connections of this worker. */
  readonly own: () => number
  /** In ms, monotonic. */
  readonly now: () => number
  /** Holds the thread up. */
  readonly pause: (ms: number) => void
}

export type GiveWay = {
  /** To be called after each client that was taken. */
  giveWay(): void
  /** What the primary knows of the other workers. */
  noteOthers(connections: number, workers: number): void
}

/**
 * Workers accept at one socket, and whoever is awake takes what comes: a burst of connections
 * would nearly all go to one of them, and stay there. A worker that has more than its share
 * therefore waits a moment after it has taken one, so that another can take the next.
 */
export function createGiveWay({ own, now, pause }: GiveWayOptions): GiveWay {
  let othersConnections = 0
  let others = 0
  let saved = MOST_SAVED_MS
  let savedAt = now()

  return {
    giveWay() {
      if (others === 0) return
      const mine = own()
      const mean = (mine + othersConnections) / (others + 1)
      // a tenth more than the mean, and one, is as even as it needs to be
      if (mine <= mean * 1.1 + 1) return
      const at = now()
      saved = Math.min(MOST_SAVED_MS, saved + (at - savedAt) * SHARE)
      savedAt = at
      if (saved < PAUSE_MS) return
      saved -= PAUSE_MS
      pause(PAUSE_MS)
    },
    noteOthers(connections, workers) {
      othersConnections = connections
      others = workers
    },
  }
}
