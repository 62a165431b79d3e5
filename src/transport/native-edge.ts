import { closeSync } from 'node:fs'
import { getSystemErrorName } from 'node:util'
import { CONNECTION_ESTABLISHED } from '../answers/local.js'
import type { Counts } from '../counts.js'
import type { Descriptors } from '../upstream/descriptors.js'
import type { ConnectObserver, ConnectTarget } from '../upstream/dial.js'
import type { Conversation, Wire } from '../upstream/wire.js'
import type { Deadlines, Expiring } from './deadlines.js'
import { EdgeSockets } from './edge-sockets.js'
import { type Edge, type EdgeHandler, END_REASONS, type NativeAddon, type SocketId } from './native-addon.js'
import type { SpliceEnd } from './splice.js'

/** Who is told what happens to a client. */
export type EdgeClient = {
  readonly id: SocketId
  onPartial(): void
  onHead(head: string): void
  onHandOver(fd: number, bytes: Buffer): void
  onGone(): void
  onEnded(end: SpliceEnd): void
}

/** Takes clients in. */
export type EdgeDoor = {
  /** @returns undefined where it was detached at once */
  accept(id: SocketId, ip: string, port: number): EdgeClient | undefined
  /** One whose first octets are no CONNECT; the edge has let go of it. */
  adopt(fd: number, bytes: Buffer, ip: string, port: number): void
}

export type NativeListening = { readonly port: number; close(): void }

export type NativeEdgeOptions = {
  readonly deadlines: Deadlines
  readonly counts: Pick<Counts, 'bytesFromClient' | 'bytesToClient' | 'limits'>
  readonly descriptors: Pick<Descriptors, 'ceiling' | 'clientCeiling' | 'here'>
  /** No client is taken until descriptors are free. Told again while it lasts. */
  readonly onPaused: () => void
}

/** The native edge as the transport uses it: knows who is to be told of which socket. */
export class NativeEdge implements EdgeHandler, Expiring, Wire<SocketId> {
  /** Always past: while there are tunnels, every sweep looks for idle ones. */
  readonly deadline = 1
  deadlinePlace = -1
  readonly #edge: Edge
  readonly #deadlines: Deadlines
  readonly #counts: NativeEdgeOptions['counts']
  readonly #onPaused: () => void
  readonly #traffic: [number, number, number, number] = [0, 0, 0, 0]
  readonly #doors = new Map<SocketId, EdgeDoor>()
  readonly #clients = new EdgeSockets<EdgeClient>()
  readonly #attempts = new EdgeSockets<Attempt>()
  /** In memory that the edge reads, for it changes with every socket. */
  readonly #elsewhere = new Int32Array(1)
  readonly #replies = Buffer.allocUnsafeSlow(REPLY_OCTETS)
  readonly #talks = new EdgeSockets<Talk>()
  /** Who is told when an origin has closed; a tunnel is known by its client. */
  readonly #whenClosed = new EdgeSockets<WhenClosed>()
  #tunnels = 0

  constructor({ Edge: NewEdge }: NativeAddon, { deadlines, counts, descriptors, onPaused }: NativeEdgeOptions) {
    this.#edge = new NewEdge(CONNECTION_ESTABLISHED, this.#replies, this.#elsewhere, this)
    this.#deadlines = deadlines
    this.#counts = counts
    this.#onPaused = onPaused
    const { ceiling, clientCeiling, here } = descriptors
    if (Number.isFinite(ceiling)) this.#edge.setDescriptorCeilings(clientCeiling, ceiling)
    this.noteElsewhere(here)
  }

  /** That are open for clients, origins, listeners and pipes. */
  get descriptors(): number {
    return this.#edge.descriptors()
  }

  /** How many descriptors others have: with them it knows when to take no more clients. */
  noteElsewhere(count: number): void {
    this.#elsewhere[0] = count
  }

  /** Adds what the edge has counted to the counts, which a tunnel that lasts for days need not end for. */
  countTraffic(): void {
    const moved = this.#traffic
    this.#edge.takeTraffic(moved)
    this.#counts.bytesFromClient += moved[0]
    this.#counts.bytesToClient += moved[1]
    this.#counts.limits.bufferBytes += moved[2]
    this.#counts.limits.descriptors += moved[3]
  }

  /**
   * @param ip an address literal
   * @param port 0 for any free one
   * @returns the port that was taken and what closes the listener, or the name of the error (`EADDRINUSE`)
   */
  listen(ip: string, port: number, door: EdgeDoor): NativeListening | string {
    return this.#addListener(this.#edge.listen(ip, port), door)
  }

  /** The same at a descriptor that was inherited. */
  listenAt(descriptor: number, door: EdgeDoor): NativeListening | string {
    return this.#addListener(this.#edge.listenAt(descriptor), door)
  }

  #addListener(bound: readonly [SocketId, number] | number, door: EdgeDoor): NativeListening | string {
    if (typeof bound === 'number') return getSystemErrorName(bound)
    const [id, boundPort] = bound
    this.#doors.set(id, door)
    return { port: boundPort, close: () => this.close(id, false) }
  }

  /** Longer heads are handed over, for the answer that says so. */
  setHeadLimit(octets: number): void {
    this.#edge.setHeadLimit(octets)
  }

  /** One attempt of a race; see `Connect`. */
  readonly connect = (
    { ip, port, localAddress }: ConnectTarget,
    number: number,
    observer: ConnectObserver<SocketId>,
  ): (() => void) => {
    const id = this.#edge.connect(ip, port, localAddress ?? '')
    this.#attempts.put({ id, number, observer, localAddress })
    return () => {
      if (this.#attempts.take(id) !== undefined) this.#edge.close(id, false)
    }
  }

  converse(origin: SocketId, onOctets: (octets: Buffer) => void, onLost: () => void): Conversation {
    this.#talks.put({ id: origin, onOctets, onLost })
    return {
      say: (octets = NOTHING) => this.#edge.ask(origin, octets),
      stop: (unread = NOTHING) => {
        this.#talks.take(origin)
        if (unread.length > 0) this.#edge.putBack(origin, unread)
      },
    }
  }

  onClosed(origin: SocketId, told: () => void): void {
    this.#whenClosed.put({ id: origin, told })
  }

  destroy(origin: SocketId): void {
    this.close(origin, false)
  }

  /** Makes a tunnel; false when the client or the origin is gone. `onEnded` follows where it is true. */
  splice(client: SocketId, origin: SocketId, idleMs: number, lifeMs: number): boolean {
    if (!this.#edge.splice(client, origin, idleMs, lifeMs)) return false
    if (this.#tunnels++ === 0) this.#deadlines.add(this)
    const whenClosed = this.#whenClosed.take(origin)
    if (whenClosed !== undefined) this.#whenClosed.put({ id: client, told: whenClosed.told })
    return true
  }

  close(id: SocketId, isReset: boolean): void {
    this.#edge.close(id, isReset)
    this.#whenClosed.take(id)?.told()
  }

  /** The descriptor of a client that is no tunnel, from now on the caller's; -1 when it is gone. */
  detach(client: SocketId): number {
    const fd = this.#edge.detach(client)
    if (fd !== -1) this.#clients.take(client)
    return fd
  }

  /** The same, with all octets that were received. */
  takeOver(client: SocketId): readonly [fd: number, bytes: Buffer] | null {
    const taken = this.#edge.takeOver(client)
    if (taken !== null) this.#clients.take(client)
    return taken
  }

  localAddress(id: SocketId): string {
    return this.#edge.localAddress(id)
  }

  /** Closes all that is open; nobody is told any more. */
  shutDown(): void {
    this.#deadlines.delete(this)
    this.#edge.destroy()
  }

  expire(): void {
    this.#edge.sweep()
    this.countTraffic()
  }

  onAccepted(client: SocketId, ip: string, port: number, listener: SocketId): void {
    const door = this.#doors.get(listener)
    if (door === undefined) {
      this.#edge.close(client, true)
      return
    }
    const taken = door.accept(client, ip, port)
    if (taken !== undefined) this.#clients.put(taken)
  }

  onArrived(fd: number, bytes: Buffer, ip: string, port: number, listener: SocketId): void {
    const door = this.#doors.get(listener)
    if (door === undefined) closeSync(fd)
    else door.adopt(fd, bytes, ip, port)
  }

  onPartial(client: SocketId): void {
    this.#clients.find(client)?.onPartial()
  }

  onHead(client: SocketId, head: string): void {
    this.#clients.find(client)?.onHead(head)
  }

  onHandOver(client: SocketId, fd: number, bytes: Buffer): void {
    this.#clients.take(client)?.onHandOver(fd, bytes)
  }

  onGone(client: SocketId): void {
    this.#clients.take(client)?.onGone()
  }

  onConnected(origin: SocketId): void {
    const attempt = this.#attempts.take(origin)
    attempt?.observer.onConnect(attempt.number, origin)
  }

  onFailed(origin: SocketId, errno: number): void {
    const attempt = this.#attempts.take(origin)
    attempt?.observer.onError(attempt.number, connectError(errno, attempt.localAddress))
  }

  onReply(origin: SocketId, size: number): void {
    if (size === 0) this.#talks.take(origin)?.onLost()
    // a copy, for whoever waits for more keeps it
    else this.#talks.find(origin)?.onOctets(Buffer.from(this.#replies.subarray(0, size)))
  }

  onEnded(client: SocketId, reason: number, bytesFromClient: number, bytesToClient: number): void {
    if (--this.#tunnels === 0) {
      this.#deadlines.delete(this)
      this.countTraffic()
    }
    this.#whenClosed.take(client)?.told()
    const owner = this.#clients.take(client)
    owner?.onEnded({ bytesFromClient, bytesToClient, reason: END_REASONS[reason] ?? 'aborted' })
  }

  onPaused(): void {
    this.#onPaused()
  }
}

type Attempt = {
  readonly id: SocketId
  readonly number: number
  readonly observer: ConnectObserver<SocketId>
  readonly localAddress: string | undefined
}

/** Who hears what a proxy on the way answers. */
type Talk = {
  readonly id: SocketId
  readonly onOctets: (octets: Buffer) => void
  readonly onLost: () => void
}

type WhenClosed = { readonly id: SocketId; readonly told: () => void }

/** Read at a time: answers of proxies are shorter, what comes behind one may be longer. */
const REPLY_OCTETS = 16_384
const NOTHING = Buffer.alloc(0)

/** As Node's sockets say it. */
function connectError(errno: number, localAddress: string | undefined): NodeJS.ErrnoException {
  const code = getSystemErrorName(-Math.abs(errno))
  const syscall = errno < 0 ? 'bind' : 'connect'
  return Object.assign(new Error(`${syscall} ${code}`), { code, syscall, address: localAddress })
}
