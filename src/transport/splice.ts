import type { Socket } from 'node:net'
import type { Counts } from '../counts.js'
import { writeRecycled } from '../upstream/recycled.js'
import { confirmEnd } from './confirm-end.js'
import type { Deadlines, Expiring } from './deadlines.js'
import { type Gathering, type GatheringHalf, UNMEASURED_BYTES } from './gathering.js'

export type SpliceEnd = {
  readonly bytesFromClient: number
  readonly bytesToClient: number
  /** `closed`: both sides ended; `…-reset`: that side broke; `idle`: nothing moved for too long; `lifetime`: its time is up; `aborted`: we ended it. */
  readonly reason: 'closed' | 'client-reset' | 'origin-reset' | 'idle' | 'lifetime' | 'aborted'
}

export type SpliceOptions = {
  readonly client: Socket
  readonly origin: Socket
  /** Octets that came before the tunnel stood and must not be lost. */
  readonly earlyFromClient: Buffer
  readonly earlyFromOrigin: Buffer
  /** The client has sent FIN already. */
  readonly clientEnded: boolean
  readonly idleMs: number
  /** Coarse clock, ms: when the tunnel ends whatever moves in it. */
  readonly endsAt: number
  readonly deadlines: Deadlines
  readonly gathering: Gathering
  /** Octets are added as they pass: a tunnel may last for days. */
  readonly counts: Pick<Counts, 'bytesFromClient' | 'bytesToClient' | 'limits'>
  readonly onEnd: (end: SpliceEnd) => void
}

/**
 * Moves octets between two sockets until both directions have ended. Each
 * direction ends on its own (half-close), a slow reader pauses its writer, and
 * a reset on one side becomes a reset on the other, so that a cut transfer is
 * never taken for a complete one. Both sockets must come without listeners of
 * their owners and with `allowHalfOpen`.
 *
 * Silent peers are not probed (`SO_KEEPALIVE`): Node does it ten times in ten seconds and takes no other number, so that
 * a tunnel whose client was away for that long would be over.
 *
 * @returns a function that ends the tunnel at once
 */
export function splice(options: SpliceOptions): () => void {
  const { client, origin, idleMs, endsAt, deadlines, gathering, counts, onEnd } = options
  let bytesFromClient = 0
  let bytesToClient = 0
  let isOver = false

  const tunnel: Expiring = {
    deadline: Math.min(endsAt, deadlines.now + idleMs),
    deadlinePlace: -1,
    expire() {
      end(deadlines.now >= endsAt ? 'lifetime' : 'idle')
    },
  }

  function end(reason: SpliceEnd['reason']): void {
    if (isOver) return
    isOver = true
    deadlines.delete(tunnel)
    if (reason === 'closed') {
      client.destroy()
      origin.destroy()
    } else {
      cut(client)
      cut(origin)
    }
    onEnd({ bytesFromClient, bytesToClient, reason })
  }

  function relay(from: Socket, to: Socket, count: (length: number) => number, answered: () => number): void {
    // a record of TLS is a read of its own, however much there is
    const mayGather = !('encrypted' in from)
    let half: GatheringHalf | undefined
    from.on('data', (chunk: Buffer) => {
      tunnel.deadline = Math.min(endsAt, deadlines.now + idleMs)
      const received = count(chunk.length)
      // a full read passes the mark even where the system took it whole, and then nothing is held
      if (!writeRecycled(to, chunk) && to.writableLength > 0) {
        counts.limits.bufferBytes++
        from.pause()
      } else if (mayGather && received > UNMEASURED_BYTES) {
        half ??= gathering.open(from, to, answered)
        if (half.note(chunk.length)) from.pause()
      }
    })
    to.on('drain', () => {
      tunnel.deadline = Math.min(endsAt, deadlines.now + idleMs)
      from.resume()
    })
    from.on('end', () => passEnd(from, to))
    const broken = from === client ? 'client-reset' : 'origin-reset'
    from.on('error', () => end(broken))
    from.on('close', () => {
      if (!from.readableEnded || !from.writableFinished) end(broken)
      else if (to.closed || to.destroyed) end('closed')
    })
  }

  deadlines.add(tunnel)
  const fromClient = (length: number): number => {
    counts.bytesFromClient += length
    bytesFromClient += length
    return bytesFromClient
  }
  const toClient = (length: number): number => {
    counts.bytesToClient += length
    bytesToClient += length
    return bytesToClient
  }
  relay(client, origin, fromClient, () => bytesToClient)
  relay(origin, client, toClient, () => bytesFromClient)
  if (options.earlyFromClient.length > 0) {
    fromClient(options.earlyFromClient.length)
    if (!origin.write(options.earlyFromClient)) client.pause()
  }
  if (options.earlyFromOrigin.length > 0) {
    toClient(options.earlyFromOrigin.length)
    if (!client.write(options.earlyFromOrigin)) origin.pause()
  }
  if (options.clientEnded) origin.end()
  if (client.destroyed) end('client-reset')
  else if (origin.destroyed) end('origin-reset')
  else {
    if (!origin.writableNeedDrain) client.resume()
    if (!client.writableNeedDrain) origin.resume()
  }
  return () => end('aborted')
}

/** Says FIN to `to` where it was one that `from` has said; a reset is told as its error. */
function passEnd(from: Socket, to: Socket): void {
  // TLS tells a cut from an end by itself, and what is on its way to `from` fails where it was a reset
  if ('encrypted' in from || !from.writable || from.writableLength > 0) to.end()
  else confirmEnd(from, (error) => error ?? to.end())
}

/** As a reset where there is one; TLS tells a cut from an end by itself (RFC 8446 §6.1). */
function cut(socket: Socket): void {
  if (socket.destroyed) return
  if ('encrypted' in socket) socket.destroy()
  else socket.resetAndDestroy()
}
