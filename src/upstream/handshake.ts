import type { Socket } from 'node:net'
import type { ProxyError } from '../errors.js'
import type { Hop } from '../policy/hop.js'

/** Where a hop shall connect to. */
export type HopTarget = {
  /** Canonical form. */
  readonly host: string
  readonly port: number
  readonly family: 0 | 4 | 6
}

/**
 * Asks a proxy, over a socket connected to it, for a connection to a target.
 * `done` runs once: without an error the socket leads to the target and is as a
 * dial hands it out. With one, the socket is of no use and the caller's to close:
 * `VG_UPSTREAM_UNAVAILABLE` (it broke the protocol or off), `VG_UPSTREAM_CREDENTIALS`,
 * `VG_UPSTREAM_DENIED`, or what it says of the target (`VG_ORIGIN_…`).
 *
 * @returns cancels: `done` will not run
 */
export type Handshake = (
  socket: Socket,
  hop: Hop,
  target: HopTarget,
  done: (error: ProxyError | null) => void,
) => () => void
