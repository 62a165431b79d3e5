import type { DohServer } from './doh-server.js'
import { createDohSession, type DohSession } from './doh-session.js'

/** More than a page has sites. Each may be a connection, until it has been idle for a while. */
const MAX_SESSIONS = 64

export type DohSessions = {
  /** The session of an identity, which no other one shares; that of all who have none is the empty one's. */
  of(identity: string): DohSession
  /** Ends the connections and what is under way on them. */
  close(): void
}

/** Connections to a service, one for each identity, so that it cannot tell by them who asks for which names. */
export function createDohSessions(server: DohServer, connectTimeoutMs: number): DohSessions {
  // the one used last stands last
  const sessions = new Map<string, DohSession>()
  /** Connections, of which each goes out from the next egress address. */
  let made = 0n
  const nextTurn = (): bigint => made++

  /** Of those that have nothing under way: lookups in flight are bounded elsewhere. */
  function closeOldestIdle(): void {
    for (const [identity, session] of sessions) {
      if (!session.isIdle) continue
      sessions.delete(identity)
      session.close()
      return
    }
  }

  return {
    of(identity) {
      const session = sessions.get(identity) ?? createDohSession(server, connectTimeoutMs, nextTurn)
      sessions.delete(identity)
      if (sessions.size >= MAX_SESSIONS) closeOldestIdle()
      sessions.set(identity, session)
      return session
    },

    close() {
      for (const session of sessions.values()) session.close()
    },
  }
}
