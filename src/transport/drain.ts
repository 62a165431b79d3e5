import type { PlacedItems } from './placed-items.js'

/** As much of a client's connection as the end of the proxy needs to know. */
export type OpenConnection = {
  /** True while nothing is asked and all is sent: it can be closed at once. */
  readonly isIdle: boolean
  /** The place among all that are open, theirs to keep. */
  openPlace?: number
  /** Ends the connection and whatever goes on in it, at once. */
  close(): void
}

export type OpenConnections = PlacedItems<OpenConnection>

/** How often a drain looks whether the last connection has ended. */
const POLL_MS = 20
/** As many as may wait at a listener of Node's: whoever comes behind them is late, and a flood does not put off the stop. */
const MOST_TURNS = 512

/**
 * Resolves when what had reached the kernel is taken in: clients that it let in, octets that they sent. The first turn
 * ends the look that goes on, the second is a whole one, and libuv accepts one client a turn, so it goes on while they come.
 *
 * @param entered how many were let in so far
 */
export async function tookIn(entered: () => number): Promise<void> {
  let before = -1
  for (let turn = 0; turn < MOST_TURNS && (turn < 2 || entered() !== before); turn++) {
    before = entered()
    await new Promise((resolve) => setImmediate(resolve))
  }
}

/**
 * Lets what is going on come to its end: idle connections close at once, the
 * others when their exchange or tunnel is over, and all when the time is up.
 *
 * @param drainMs how long to wait, in ms; 0 cuts everything at once
 * @returns the number of exchanges that were cut
 */
export async function drain(connections: Pick<OpenConnections, 'size' | 'forEach'>, drainMs: number): Promise<number> {
  connections.forEach(closeIdle)
  if (drainMs > 0) await emptied(connections, drainMs)
  const cut = connections.size
  connections.forEach((connection) => void connection.close())
  // a close is told in a later turn of the loop; one turn more, and all have told
  if (cut > 0) await emptied(connections, POLL_MS * 10)
  return cut
}

function closeIdle(connection: OpenConnection): void {
  if (connection.isIdle) connection.close()
}

function emptied(connections: Pick<OpenConnections, 'size' | 'forEach'>, withinMs: number): Promise<void> {
  return new Promise((resolve) => {
    let left = withinMs
    const poll = setInterval(() => {
      left -= POLL_MS
      connections.forEach(closeIdle)
      if (connections.size > 0 && left > 0) return
      clearInterval(poll)
      resolve()
    }, POLL_MS)
  })
}
