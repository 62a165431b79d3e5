import type { Socket } from 'node:net'
import type { FieldRules, HeaderPolicy } from '../http/header-policy.js'
import { createResponseReader, type MessageReader } from '../http/message-reader.js'
import type { HeadLimits } from '../http/request-head.js'
import type { ResponseHead } from '../http/response-head.js'
import type { Policy } from '../pipeline/policy.js'
import type { DialTiming } from '../upstream/dial.js'
import type { Deadlines, Expiring } from './deadlines.js'
import { IDLE_MS, LIFETIME_MS, type OriginPool } from './origin-pool.js'

/** Who has an exchange on a connection and hears what happens there. */
export type OriginUser = {
  readonly method: string
  readonly policy: Policy
  /** What happens to fields of this exchange. */
  readonly headers: HeaderPolicy
  onOriginData(): void
  onOriginEnd(): void
  onOriginDrain(): void
  /** The connection is gone; `error` where the system named a cause. */
  onOriginClose(error: Error | undefined): void
}

export type OriginConnectionOptions = {
  readonly key: string
  /** How it was dialled. */
  readonly timing: DialTiming
  readonly socket: Socket
  readonly user: OriginUser
  readonly responseHead: ResponseHead
  readonly limits: HeadLimits
  readonly deadlines: Deadlines
  readonly pool: OriginPool
}

/** A connection to an origin: its socket, the reader of its responses, and whoever uses it now. */
export class OriginConnection implements Expiring {
  readonly key: string
  readonly timing: DialTiming
  readonly socket: Socket
  readonly reader: MessageReader<ResponseHead>
  /** Under which the address was judged. */
  readonly policy: Policy
  deadline = 0
  deadlinePlace = -1
  /** Requests served on it, the current one included. */
  uses = 1
  #user: OriginUser | undefined
  #error: Error | undefined
  readonly #bornAt: number
  readonly #deadlines: Deadlines
  readonly #pool: OriginPool

  constructor({ key, timing, socket, user, responseHead, limits, deadlines, pool }: OriginConnectionOptions) {
    this.key = key
    this.timing = timing
    this.socket = socket
    this.#user = user
    this.policy = user.policy
    this.#deadlines = deadlines
    this.#pool = pool
    this.#bornAt = deadlines.now
    // no function here holds on to `user`: the connection outlives that exchange
    this.reader = createResponseReader(
      responseHead,
      limits,
      () => this.#responseRules.table,
      () => this.#user?.method ?? '',
      () => this.#responseRules,
    )
    socket.on('data', this.#onData)
    socket.on('end', this.#onEnd)
    socket.on('drain', this.#onDrain)
    socket.on('error', this.#onError)
    socket.on('close', this.#onClose)
  }

  /** Takes a waiting connection for another exchange. */
  assign(user: OriginUser): void {
    this.#deadlines.delete(this)
    this.#user = user
    this.uses++
  }

  /** Hands the connection back after a complete exchange; it waits for the next one or closes. */
  release(): void {
    this.#user = undefined
    if (this.socket.destroyed || this.#deadlines.now - this.#bornAt > LIFETIME_MS) {
      this.close()
      return
    }
    this.deadline = this.#deadlines.now + IDLE_MS
    this.#deadlines.add(this)
    if (this.socket.isPaused()) this.socket.resume()
    this.#pool.put(this)
  }

  /** Ends the connection; its user hears nothing of it. */
  close(): void {
    this.#user = undefined
    this.#deadlines.delete(this)
    this.#pool.remove(this)
    this.socket.destroy()
  }

  /** Gives the bare socket away, for a tunnel. */
  detach(): Socket {
    this.#user = undefined
    const { socket } = this
    socket.off('data', this.#onData)
    socket.off('end', this.#onEnd)
    socket.off('drain', this.#onDrain)
    socket.off('error', this.#onError)
    socket.off('close', this.#onClose)
    return socket
  }

  expire(): void {
    this.close()
  }

  get #responseRules(): FieldRules {
    return (this.#user ?? this.policy).headers.response
  }

  readonly #onData = (chunk: Buffer): void => {
    if (this.#user === undefined) {
      // nobody asked: whatever this is, the connection cannot be trusted any more
      this.close()
      return
    }
    this.reader.receive(chunk)
    this.#user.onOriginData()
  }

  readonly #onEnd = (): void => {
    if (this.#user === undefined) this.close()
    else this.#user.onOriginEnd()
  }

  readonly #onDrain = (): void => this.#user?.onOriginDrain()

  readonly #onError = (error: Error): void => {
    this.#error = error
  }

  readonly #onClose = (): void => {
    const user = this.#user
    this.close()
    user?.onOriginClose(this.#error)
  }
}
