import type { SocketId } from './native-addon.js'

/** The low bits of an id are its place in a table, the others tell it from those that had the place before. */
const PLACE_MASK = 0xf_ffff

/**
 * What is known of sockets of the native edge, each found by its id. An array by place and no `Map`, whose old tables
 * would keep what has gone (see `createPlacedItems`).
 */
export class EdgeSockets<T extends { readonly id: SocketId }> {
  readonly #items: (T | undefined)[] = []

  /** In the place of whatever had it. */
  put(item: T): void {
    this.#items[item.id & PLACE_MASK] = item
  }

  find(id: SocketId): T | undefined {
    const item = this.#items[id & PLACE_MASK]
    return item?.id === id ? item : undefined
  }

  /** Finds it for the last time. */
  take(id: SocketId): T | undefined {
    const item = this.find(id)
    if (item !== undefined) this.#items[id & PLACE_MASK] = undefined
    return item
  }
}
