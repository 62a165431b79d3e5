/** How long a turn lasts at most, in ms. A client that comes at a worker that is behind waits for about as long. */
const TURN_MS = 20

/** So long after the last word of it a rush is over, in ms. */
const RUSH_MS = 500

export type AcceptTurns = {
  /** A worker has had its part of a rush (rush.ts). */
  noteRush(): void
  stop(): void
}

/**
 * While clients come in a rush, one worker after the other takes all of them for a moment. Spread, each finds a client or two
 * when it wakes; in turns it finds many, as a single process would, and the other one sleeps: a tenth to a sixth less CPU time
 * for each (docs/decisions/0012-workers.md). Otherwise they are spread, for who comes in a small burst may stay for long.
 *
 * @param onChange told in words when turns begin and end
 */
export function createAcceptTurns(
  sockets: { passTurn(): void; spread(): void },
  onChange: (message: string) => void,
): AcceptTurns {
  let timer: NodeJS.Timeout | undefined
  let rushedAt = 0

  function begin(): NodeJS.Timeout {
    onChange('clients come in a rush: workers take turns')
    return setInterval(() => {
      if (performance.now() - rushedAt < RUSH_MS) sockets.passTurn()
      else stop()
    }, TURN_MS)
  }

  function stop(): void {
    if (timer === undefined) return
    clearInterval(timer)
    timer = undefined
    sockets.spread()
    onChange('the rush is over: clients are spread over all workers again')
  }

  return {
    noteRush() {
      rushedAt = performance.now()
      sockets.passTurn()
      timer ??= begin()
      timer.refresh()
    },
    stop,
  }
}
