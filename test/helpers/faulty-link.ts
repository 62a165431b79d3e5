import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { onTestFinished } from 'vitest'
import { turn } from './raw-peer.js'

/**
 * What happens to one direction of a connection when `after` octets have passed: FIN, a reset of both ends, or nothing any
 * more, until who waits there gives up.
 */
export type Fault = { readonly after: number; readonly how: 'end' | 'reset' | 'stall' }

export type LinkOptions = {
  /** Port of 127.0.0.1 that the link leads to. */
  readonly to: number
  /** From who connects. */
  readonly up?: Fault | undefined
  /** To who connects. */
  readonly down?: Fault | undefined
  /** Octets are passed on in pieces of this many, each a segment of its own. */
  readonly piece?: number
}

export type FaultyLink = {
  readonly port: number
  /** For the connections from now on. */
  set(options: Omit<LinkOptions, 'to'>): void
  /** Connections made to it so far. */
  readonly taken: number
  /** Sockets on both sides that are not closed. */
  readonly open: number
}

/** A TCP link between two ends that fails where the test says. */
export async function startFaultyLink({ to, ...first }: LinkOptions): Promise<FaultyLink> {
  let options: Omit<LinkOptions, 'to'> = first
  let taken = 0
  const sockets = new Set<Socket>()
  const keep = (socket: Socket): void => {
    sockets.add(socket)
    socket.on('error', () => {})
    socket.on('close', () => sockets.delete(socket))
  }

  const server = createServer({ allowHalfOpen: true, noDelay: true }, (near) => {
    const far = connect({ host: '127.0.0.1', port: to, allowHalfOpen: true, noDelay: true })
    keep(near)
    keep(far)
    taken++
    const { up, down, piece } = options
    void pass(near, far, up, piece)
    void pass(far, near, down, piece)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.close()
    for (const socket of sockets) socket.destroy()
  })
  return {
    port: (server.address() as AddressInfo).port,
    set(next) {
      options = next
    },
    get taken() {
      return taken
    },
    get open() {
      return sockets.size
    },
  }
}

async function pass(
  from: Socket,
  to: Socket,
  fault: Fault | undefined,
  piece = Number.POSITIVE_INFINITY,
): Promise<void> {
  let left = fault?.after ?? Number.POSITIVE_INFINITY
  from.on('close', () => {
    // a reset on one side is one on the other, unless this direction has ended already
    if (!from.readableEnded && left > 0) to.resetAndDestroy()
  })
  if (left === 0) return fail(from, to, fault)
  try {
    for await (const data of from.iterator({ destroyOnReturn: false })) {
      const bytes = (data as Buffer).subarray(0, left)
      for (let at = 0; at < bytes.length; at += piece) {
        to.write(bytes.subarray(at, at + piece))
        if (piece < bytes.length) await turn()
      }
      left -= bytes.length
      if (left === 0) return fail(from, to, fault)
    }
    to.end()
  } catch {
    // reset: the other side has been told
  }
}

function fail(from: Socket, to: Socket, fault: Fault | undefined): void {
  // whatever else comes from there goes nowhere
  from.on('data', () => {})
  from.resume()
  if (fault?.how === 'end') to.end()
  else if (fault?.how === 'stall') {
    from.on('close', () => to.destroy())
    if (to.readableEnded) to.end()
    else to.on('end', () => to.end())
  }
  // behind what has been written
  else
    to.write('', () => {
      to.resetAndDestroy()
      from.resetAndDestroy()
    })
}
