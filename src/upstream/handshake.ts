import { ProxyError } from '../errors.js'
import type { Hop } from '../policy/hop.js'
import type { Wire } from './wire.js'

/** Where a hop shall connect to. */
export type HopTarget = {
  /** Canonical form. */
  readonly host: string
  readonly port: number
  readonly family: 0 | 4 | 6
}

/** What the octets that were received lead to. */
export type Progress =
  | { readonly outcome: 'more' }
  | { readonly outcome: 'send'; readonly octets: Buffer }
  /** What was received beyond the answer is the target's. */
  | { readonly outcome: 'granted'; readonly unread: Buffer }
  /**
   * `VG_UPSTREAM_UNAVAILABLE` (it broke the protocol), `VG_UPSTREAM_CREDENTIALS`, `VG_UPSTREAM_DENIED`, or what it says
   * of the target (`VG_ORIGIN_…`).
   */
  | { readonly outcome: 'failed'; readonly error: ProxyError }

/** One conversation in which a proxy is asked for a connection to a target: octets in, octets out, and no socket. */
export type Handshake = {
  /** What is sent before anything is received. */
  readonly opening: Buffer
  /** Takes the octets that came next. Not called any more once it has granted or failed. */
  receive(octets: Buffer): Progress
}

export type HandshakeWith = (hop: Hop, target: HopTarget) => Handshake

export const MORE: Progress = { outcome: 'more' }

/**
 * Performs a handshake on a connection to the proxy.
 *
 * @param done runs once. Without an error the socket leads to the target and is as a dial hands it out. With one (of the
 * handshake, or `VG_UPSTREAM_UNAVAILABLE` where the connection ends) it is of no use, and the caller's to close.
 * @returns cancels: `done` will not run
 */
export function shakeHands<S>(
  wire: Pick<Wire<S>, 'converse'>,
  socket: S,
  handshake: Handshake,
  done: (error: ProxyError | null) => void,
): () => void {
  const conversation = wire.converse(
    socket,
    (octets) => {
      const progress = handshake.receive(octets)
      switch (progress.outcome) {
        case 'more':
          return conversation.say()
        case 'send':
          return conversation.say(progress.octets)
        case 'granted':
          conversation.stop(progress.unread)
          return done(null)
        case 'failed':
          conversation.stop()
          return done(progress.error)
      }
    },
    () => done(new ProxyError('VG_UPSTREAM_UNAVAILABLE', 'it closed the connection before it answered')),
  )
  conversation.say(handshake.opening)
  return () => conversation.stop()
}
