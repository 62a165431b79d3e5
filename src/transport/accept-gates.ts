import type { Server } from 'node:net'
import type { Counts } from '../counts.js'

/** Milliseconds after which it is told again that clients wait: what has begun to idle since makes room for them. */
const AGAIN_MS = 100

/** Of Node: what a server holds of the system. One of another process (`node:cluster`) can lack all of it. */
type ServerHandle = {
  readonly fd?: number
  open?(fd: number): number
  readStart?(): number
  readStop?(): number
}

export type AcceptGatesOptions = {
  readonly limits: Pick<Counts['limits'], 'descriptors'>
  /** Clients are left in the backlog. Told again while it lasts. */
  readonly onPaused: () => void
}

/** The servers of a process that take clients or leave them in the backlog, all at a time. */
export type AcceptGates = {
  readonly isOpen: boolean
  /** To be called before the server listens. */
  add(server: Server): void
  /** Does nothing where it is so already. */
  setOpen(isOpen: boolean): void
}

/**
 * Node has no call that stops a server from taking whoever comes. libuv has: a stream that is to be read is watched, one that
 * is not is not watched, and for a stream that listens what is watched for is clients. It begins that for no stream that it has
 * bound itself, so each is opened from its own descriptor before it listens (docs/decisions/0015-accept-pauses-in-node.md).
 * Where a Node knows nothing of that, who is too many is turned away.
 */
export function createAcceptGates({ limits, onPaused }: AcceptGatesOptions): AcceptGates {
  const gates = new Set<ServerHandle>()
  let isOpen = true
  let again: NodeJS.Timeout | undefined

  function openGates(): void {
    clearInterval(again)
    // those of several listeners in turn: who was first has its client when there is room for one
    const [first] = gates
    if (first !== undefined) {
      gates.delete(first)
      gates.add(first)
    }
    for (const gate of gates) gate.readStart?.()
  }

  function closeGates(): void {
    for (const gate of gates) gate.readStop?.()
    limits.descriptors++
    again = setInterval(onPaused, AGAIN_MS).unref()
    onPaused()
  }

  return {
    get isOpen() {
      return isOpen
    },
    add(server) {
      const handleOf = openFromDescriptor(server)
      server.once('listening', () => {
        const gate = handleOf()
        if (gate?.readStart?.() !== 0) return
        gates.add(gate)
        if (!isOpen) gate.readStop?.()
        server.once('close', () => gates.delete(gate))
      })
    },
    setOpen(next) {
      if (next === isOpen) return
      isOpen = next
      if (isOpen) openGates()
      else closeGates()
    },
  }
}

/**
 * A server gets its handle and listens with it in one step. After it libuv watches the descriptor, and opens none that it
 * watches; so the handle is opened when the server is given it.
 *
 * @returns tells the handle, null where it has none
 */
function openFromDescriptor(server: Server): () => ServerHandle | null {
  let handle: ServerHandle | null = null
  const handleOf = (): ServerHandle | null => handle
  Object.defineProperty(server, '_handle', {
    configurable: true,
    enumerable: true,
    get: handleOf,
    set(next: ServerHandle | null) {
      handle = next
      if (next?.fd !== undefined && next.fd >= 0) next.open?.(next.fd)
    },
  })
  return handleOf
}
