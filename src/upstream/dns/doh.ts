import type { DohServer } from './doh-server.js'
import { createDohSessions } from './doh-sessions.js'
import { encodeQuery, readReply } from './message.js'
import { type AddressType, type DnsReply, type DnsTransport, failedReply } from './transport.js'

/** RFC 8484 §4.1: an ID of 0 makes equal questions equal to caches; the connection tells answers apart. */
const ID = 0
/** So long a service that failed is not asked again where another may be asked instead. */
const DOWN_MS = 10_000

export type DohOptions = {
  readonly server: DohServer
  /** For one question. */
  readonly timeoutMs: number
  /** Asked where the service gives no answer; without it there is none. */
  readonly fallback: DnsTransport | undefined
  /** Told when the service begins to fail and when it answers again. */
  readonly report: (message: string) => void
  /** Milliseconds on any clock that does not go back. */
  readonly now: () => number
}

/**
 * DNS over HTTPS (RFC 8484), by POST, padded. What the service says is the answer, a
 * failure like SERVFAIL too; where it says nothing that can be used the lookup fails, and nobody else is asked
 * unless a fallback was given.
 */
export function createDoh({ server, timeoutMs, fallback, report, now }: DohOptions): DnsTransport {
  const sessions = createDohSessions(server, timeoutMs)
  const underWay = new Set<() => void>()
  let isFailing = false
  let downUntil = Number.NEGATIVE_INFINITY

  function noteAnswer(): void {
    if (isFailing) report(`DNS over HTTPS: ${server.origin} answers again`)
    isFailing = false
    downUntil = Number.NEGATIVE_INFINITY
  }

  function noteFailure(why: string): void {
    const instead = fallback === undefined ? 'names are not resolved meanwhile' : 'the name servers are asked instead'
    if (!isFailing) report(`DNS over HTTPS: ${server.origin} fails: ${why}; ${instead}`)
    isFailing = true
    downUntil = now() + DOWN_MS
  }

  async function ask(host: string, type: AddressType, identity: string, signal: AbortSignal): Promise<DnsReply> {
    const question = { id: ID, host, type }
    const { message, ageSeconds } = await sessions.of(identity).post(encodeQuery(question, true), signal)
    const reply = readReply(message, question)
    if (reply === undefined) throw new Error('an answer that does not fit the question')
    if (reply.isTruncated) throw new Error('a truncated answer')
    noteAnswer()
    return { ...reply, ttlSeconds: Math.max(0, reply.ttlSeconds - ageSeconds) }
  }

  return {
    query(host, type, onReply, identity = '') {
      const patience = new AbortController()
      let timer: NodeJS.Timeout | undefined
      let cancelFallback: (() => void) | undefined
      let isOver = false

      function end(): void {
        isOver = true
        clearTimeout(timer)
        underWay.delete(close)
      }

      function settle(reply: DnsReply): void {
        if (isOver) return
        end()
        onReply(reply)
      }

      function onFailure(error: unknown): void {
        if (isOver) return
        const why = reasonOf(error)
        noteFailure(why)
        if (fallback === undefined) settle(failedReply(`DNS over HTTPS: ${why}`))
        else askFallback(fallback)
      }

      function askFallback(other: DnsTransport): void {
        clearTimeout(timer)
        cancelFallback = other.query(host, type, (reply) => {
          cancelFallback = undefined
          settle(reply)
        })
      }

      function stop(): void {
        end()
        patience.abort(new Error(NO_ANSWER))
        cancelFallback?.()
      }

      function close(): void {
        stop()
        onReply(failedReply('SERVFAIL'))
      }

      underWay.add(close)
      if (fallback !== undefined && now() < downUntil) askFallback(fallback)
      else {
        // half of the time is left for the other way
        if (fallback !== undefined) timer = setTimeout(() => patience.abort(new Error(NO_ANSWER)), timeoutMs / 2)
        ask(host, type, identity, patience.signal).then(settle, onFailure)
      }
      return () => {
        if (isOver) return
        if (cancelFallback === undefined) noteFailure(NO_ANSWER)
        stop()
      }
    },

    close() {
      for (const close of underWay) close()
      sessions.close()
      fallback?.close()
    },
  }
}

const NO_ANSWER = 'no answer in time'

/** The code of a system or TLS error says more in a log than its sentence. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  return 'code' in error ? String(error.code) : error.message
}
