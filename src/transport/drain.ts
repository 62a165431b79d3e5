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
