import { createRequire } from 'node:module'
import type { Engine } from '../config/config.js'
import { CannotRunError } from '../errors.js'

/** Ids of sockets are positive, and never given again for long. */
export type SocketId = number

/** What the edge tells, each within one turn of the event loop and in the order in which it happened. */
export type EdgeHandler = {
  onAccepted(client: SocketId, ip: string, port: number, listener: SocketId): void
  /** Accepted and handed over at once: it has sent something else than a CONNECT already. */
  onArrived(fd: number, bytes: Buffer, ip: string, port: number, listener: SocketId): void
  /** A part of a head has come, for the first time. */
  onPartial(client: SocketId): void
  /** @param head of a CONNECT, latin1, up to the CRLF of its last line */
  onHead(client: SocketId, head: string): void
  /** The client has sent something else. The edge has let go of it. */
  onHandOver(client: SocketId, fd: number, bytes: Buffer): void
  /** A client that was no tunnel has closed, or was closed. */
  onGone(client: SocketId): void
  onConnected(origin: SocketId): void
  /** @param errno negative where the local address could not be bound */
  onFailed(origin: SocketId, errno: number): void
  /** @param size of what an origin has sent since it was asked, in the buffer for replies; 0: it has ended or broken */
  onReply(origin: SocketId, size: number): void
  /** @param reason see `END_REASONS` */
  onEnded(client: SocketId, reason: number, bytesFromClient: number, bytesToClient: number): void
  /** No client is taken until descriptors are free; they wait in the backlog. Told again while it lasts. */
  onPaused(): void
}

/** The sockets of `native/src/edge.h`. A call about a socket that is gone does nothing. */
export type Edge = {
  /** @returns the listener and the port that was taken, or a negative errno */
  listen(ip: string, port: number): readonly [SocketId, number] | number
  /** The same with a descriptor that was inherited and listens already; it is the edge's from then on. */
  listenAt(descriptor: number): readonly [SocketId, number] | number
  /** `onConnected` or `onFailed` follows, never before this returns. @param localAddress to go out from; empty: any */
  connect(ip: string, port: number, localAddress: string): SocketId
  /** Says something (or nothing) to a connected origin that is a proxy on the way; `onReply` follows, once. */
  ask(origin: SocketId, octets: Buffer): void
  /** Octets of a reply that are not the proxy's, put back in front of what comes. */
  putBack(origin: SocketId, octets: Buffer): void
  /** Makes a tunnel: answers the client, delivers early octets of both, moves all others. False when one of the two is gone. */
  splice(client: SocketId, origin: SocketId, idleMs: number, lifeMs: number): boolean
  /** `onGone` or `onEnded` follows where it is a client's. */
  close(id: SocketId, isReset: boolean): void
  /** Lets go of a client that is no tunnel. @returns its descriptor, -1 when it is gone */
  detach(client: SocketId): number
  /** The same, with all that was received. */
  takeOver(client: SocketId): readonly [fd: number, bytes: Buffer] | null
  localAddress(id: SocketId): string
  /** Ends tunnels that have been idle for too long or have had their time. */
  sweep(): void
  setHeadLimit(octets: number): void
  /** With so many descriptors, or from these numbers of one on, few are left: no client is taken, no pipe is opened. */
  setDescriptorCeilings(forClients: number, forPipes: number): void
  /** Descriptors open for clients, origins, listeners and pipes. */
  descriptors(): number
  /**
   * Writes what there was since the last call: octets through tunnels from clients, and to clients, how often a sender had to
   * wait, and how often clients were left waiting for want of descriptors.
   */
  takeTraffic(into: [number, number, number, number]): void
  /** Closes all that is open; nothing is told any more. */
  destroy(): void
}

export type NativeAddon = {
  /**
   * @param established what a client reads when its tunnel stands
   * @param replies where replies are read into, each until the next one
   * @param elsewhere one number, read each time: descriptors open in this process that are not the edge's
   */
  readonly Edge: new (
    established: Buffer,
    replies: Buffer,
    elsewhere: Int32Array,
    handler: EdgeHandler,
  ) => Edge
  /**
   * Opens one of several sockets that listen at one port. @param isFirst the others join it; fails where anybody has the port
   * @returns the descriptor and the port that was taken, or a negative errno
   */
  openShared(ip: string, port: number, isFirst: boolean): readonly [descriptor: number, port: number] | number
  /**
   * Sends all clients of a port to one of the sockets that `openShared` opened there. @param descriptor of any of them
   * @param index which, from 0, in the kernel's order; where none has it, clients are spread over all
   * @returns 0, or a negative errno: everything is as before
   */
  steerClients(descriptor: number, index: number): number
  /** Maps a file that only we can write to, and do not. @returns memory that must not be written to, or a negative errno */
  mapFile(descriptor: number, octets: number): ArrayBuffer | number
}

/** By the number that `onEnded` tells. */
export const END_REASONS = ['closed', 'client-reset', 'origin-reset', 'idle', 'aborted', 'lifetime'] as const

/** Relative to this file and to the bundle of the command alike. */
const PLACE = '../../native/build/Release/veilgate.node'

export type EngineChoice =
  | { readonly engine: 'native'; readonly addon: NativeAddon }
  /** `why`: why not native, where it was wanted. */
  | { readonly engine: 'js'; readonly why: string }

/**
 * The engine to run with.
 *
 * @param obstacle why the native one will not do here
 * @throws {CannotRunError} `native` is wanted and cannot be had
 */
export function chooseEngine(wanted: Engine, obstacle?: string): EngineChoice {
  if (wanted === 'js') return { engine: 'js', why: '' }
  try {
    if (obstacle !== undefined) throw new Error(obstacle)
    return { engine: 'native', addon: createRequire(import.meta.url)(PLACE) as NativeAddon }
  } catch (error) {
    const why = whyNot(error)
    if (wanted === 'native') throw new CannotRunError(`the engine native cannot run: ${why}; use --engine js`)
    return { engine: 'js', why }
  }
}

function whyNot(error: unknown): string {
  if (process.platform !== 'linux') return 'it is made for Linux'
  const isMissing = error instanceof Error && 'code' in error && error.code === 'MODULE_NOT_FOUND'
  if (isMissing)
    return 'it was not built when veilgate was installed (npm rebuild veilgate --foreground-scripts says why)'
  return error instanceof Error ? error.message : String(error)
}
