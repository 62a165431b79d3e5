import { createLastingMap } from '../lasting-map.js'
import type { OriginConnection } from './origin-connection.js'

/** A browser opens at most six connections to an origin; a gateway has many browsers. */
const MAX_IDLE_PER_ORIGIN = 64
const MAX_IDLE = 2_048
/** Most origins close idle connections after 5 to 75 s: we leave before they do, to meet few stale ones. */
export const IDLE_MS = 25_000
/** Names move: a connection outlives their TTL by this much at most. */
export const LIFETIME_MS = 600_000

export type OriginPool = {
  /** A connection to `key` that can take a request now. */
  take(key: string): OriginConnection | undefined
  /** Keeps a connection for the next request, or closes it where there are enough. */
  put(connection: OriginConnection): void
  /** Forgets a connection that has closed while it waited. */
  remove(connection: OriginConnection): void
  /** Closes all that wait: after a reload another policy holds for them, at a stop nothing follows. */
  clear(): void
  readonly size: number
}

/** Connections that wait for a request, per `host:port`; the last one used goes first, so that surplus ones can time out. */
export function createOriginPool(): OriginPool {
  const idleByKey = createLastingMap<OriginConnection[]>((idle) => idle.length === 0)
  let size = 0

  return {
    get size() {
      return size
    },

    take(key) {
      const connection = idleByKey.get(key)?.pop()
      if (connection !== undefined) size--
      return connection
    },

    put(connection) {
      const idle = idleByKey.get(connection.key)
      if (size >= MAX_IDLE || (idle?.length ?? 0) >= MAX_IDLE_PER_ORIGIN) {
        connection.close()
        return
      }
      if (idle === undefined) idleByKey.add(connection.key, [connection])
      else idle.push(connection)
      size++
    },

    remove(connection) {
      const idle = idleByKey.get(connection.key)
      const index = idle?.indexOf(connection) ?? -1
      if (idle === undefined || index === -1) return
      idle.splice(index, 1)
      size--
    },

    clear() {
      const all = [...idleByKey.values()].flatMap((idle) => idle.splice(0))
      size = 0
      for (const connection of all) connection.close()
    },
  }
}
