import type { ProxyError } from '../errors.js'
import type { Hop } from '../policy/hop.js'

/** Where a handshake with a proxy says what it must and reads what is answered. */
export type Conversation = {
  /** Sends octets; then, and where there are none, the next ones that come are read. */
  say(octets?: Buffer): void
  /**
   * Ends it and leaves the socket as a dial hands it out, with the octets that were not ours put back in front of what
   * comes. Nothing is heard any more.
   */
  stop(unread?: Buffer): void
}

/** What a chain does with its connections, whatever stands for one: a socket of Node's, or an id of the native edge. */
export type Wire<S> = {
  /** @param onLost once, when the other side ends or the connection breaks; the conversation is over then */
  converse(socket: S, onOctets: (octets: Buffer) => void, onLost: () => void): Conversation
  /** TLS with an https hop; see `secureHop`. A wire without it carries no chain with such a hop. */
  readonly secure?: (
    socket: S,
    hop: Hop,
    ca: string | undefined,
    done: (error: ProxyError | null, secured: S) => void,
  ) => () => void
  /** Closes a socket, whatever it meets from now on. */
  destroy(socket: S): void
  /** Tells when a connected socket has closed, whoever has it by then. */
  onClosed(socket: S, told: () => void): void
}
