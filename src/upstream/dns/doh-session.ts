import type { ClientHttp2Session, ClientHttp2Stream, IncomingHttpHeaders } from 'node:http2'
import { connectTls } from './connect-tls.js'
import type { DohServer } from './doh-server.js'
import { MAX_MESSAGE_OCTETS } from './message.js'

/** RFC 8484 §6 */
const MEDIA_TYPE = 'application/dns-message'
/** Shorter than what common NATs forget a connection after: a question is not sent into nothing. */
const IDLE_MS = 30_000
/** RFC 9113 §7 */
const CANCEL = 8

export type DohAnswer = {
  readonly message: Buffer
  /** How long caches on the way have kept it (RFC 8484 §5.1). */
  readonly ageSeconds: number
}

export type DohSession = {
  /** Nobody waits for an answer. */
  readonly isIdle: boolean
  /**
   * Posts a query. One connection serves all, opened when there is something to ask, and
   * again where it was lost.
   *
   * @param signal gives up; a connection on which nothing at all was heard meanwhile is left
   * @throws {Error} whose message says why there is no answer
   */
  post(query: Buffer, signal: AbortSignal): Promise<DohAnswer>
  /** Ends the connection and what is under way on it. */
  close(): void
}

/** The connection ended before an answer began: the query may be sent again. */
class ConnectionLost extends Error {}

/**
 * @param connectTimeoutMs from the first packet to the end of the TLS handshake, all addresses together
 * @param nextTurn for each connection, which of the egress addresses it goes out from
 */
export function createDohSession(server: DohServer, connectTimeoutMs: number, nextTurn: () => bigint): DohSession {
  const closed = new AbortController()
  let current: ClientHttp2Session | undefined
  let opening: Promise<ClientHttp2Session> | undefined
  /** Queries whose answer somebody waits for. */
  let awaited = 0
  /** Answers that have begun. */
  let heard = 0

  async function open(): Promise<ClientHttp2Session> {
    const patience = new AbortController()
    const timer = setTimeout(() => patience.abort(new Error('no connection in time')), connectTimeoutMs)
    const onClosed = (): void => patience.abort(closed.signal.reason)
    closed.signal.addEventListener('abort', onClosed)
    try {
      closed.signal.throwIfAborted()
      // HTTP/2 is not loaded where nobody asks this way
      const { connect } = await import('node:http2')
      const socket = await connectTls(server, patience.signal, nextTurn())
      // closed in the moment between: nobody else would end it
      if (closed.signal.aborted) socket.destroy()
      const session = connect(server.origin, { createConnection: () => socket })
      // whoever has a query on it hears of its end
      session.on('error', ignoreError)
      session.setTimeout(IDLE_MS, () => session.close())
      current = session
      return session
    } finally {
      clearTimeout(timer)
      closed.signal.removeEventListener('abort', onClosed)
      opening = undefined
    }
  }

  function sessionNow(): ClientHttp2Session | Promise<ClientHttp2Session> {
    if (current !== undefined && !current.closed && !current.destroyed) return current
    opening ??= open()
    return opening
  }

  async function exchange(query: Buffer, signal: AbortSignal): Promise<DohAnswer> {
    const session = await sessionNow()
    signal.throwIfAborted()
    if (session.closed || session.destroyed) throw new ConnectionLost('the connection was lost')
    return new Promise((resolve, reject) => {
      const heardBefore = heard
      const stream = request(session, server, query)
      const pieces: Buffer[] = []
      let octets = 0
      let head: IncomingHttpHeaders | undefined

      function fail(error: Error): void {
        reject(error)
        stream.close(CANCEL)
      }
      function onAbort(): void {
        fail(signal.reason)
        if (heard === heardBefore) session.destroy()
      }
      signal.addEventListener('abort', onAbort)

      stream.on('response', (headers) => {
        head = headers
        heard++
        const fault = faultOf(headers)
        if (fault !== undefined) fail(new Error(fault))
      })
      stream.on('data', (piece: Buffer) => {
        pieces.push(piece)
        octets += piece.length
        if (octets > MAX_MESSAGE_OCTETS) fail(new Error(`an answer over ${MAX_MESSAGE_OCTETS} octets`))
      })
      stream.on('error', ignoreError)
      stream.on('close', () => {
        signal.removeEventListener('abort', onAbort)
        if (head === undefined) reject(new ConnectionLost('the connection was lost'))
        else if (stream.rstCode !== 0) reject(new Error('the answer broke off'))
        else resolve({ message: Buffer.concat(pieces), ageSeconds: Number(head.age ?? 0) || 0 })
      })
    })
  }

  return {
    get isIdle() {
      return awaited === 0
    },

    async post(query, signal) {
      awaited++
      try {
        return await exchange(query, signal)
      } catch (error) {
        if (!(error instanceof ConnectionLost) || closed.signal.aborted) throw error
        return await exchange(query, signal)
      } finally {
        awaited--
      }
    },

    close() {
      closed.abort(new Error('closed'))
      current?.destroy()
    },
  }
}

/** RFC 8484 §4.1. Nothing in it names this program or its user. */
function request(session: ClientHttp2Session, { path }: DohServer, query: Buffer): ClientHttp2Stream {
  const stream = session.request({
    ':method': 'POST',
    ':path': path,
    accept: MEDIA_TYPE,
    'content-type': MEDIA_TYPE,
    'content-length': query.length,
  })
  stream.end(query)
  return stream
}

function faultOf(headers: IncomingHttpHeaders & { readonly ':status'?: number | undefined }): string | undefined {
  const status = headers[':status']
  if (status !== 200) return `status ${status}`
  const type = headers['content-type']?.split(';')[0]?.trim().toLowerCase()
  // a login page of the network, or a URL that leads somewhere else
  return type === MEDIA_TYPE ? undefined : `an answer of type ${type ?? 'unknown'} instead of ${MEDIA_TYPE}`
}

function ignoreError(): void {}
