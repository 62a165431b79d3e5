import { createSecureServer, type Http2Server, type IncomingHttpHeaders, type ServerHttp2Session } from 'node:http2'
import { onTestFinished } from 'vitest'
import { questionOf, type ReplyParts, replyTo } from './dns-reply.js'
import type { TlsCertificate } from './tls-certificate.js'

export type DohQuery = {
  /** Such as `A example.test`. */
  readonly question: string
  readonly message: Buffer
  readonly headers: IncomingHttpHeaders
  /** Whence it came. */
  readonly from: string | undefined
}

/** What the service does with a query: a DNS answer, or anything else a server could do. */
export type DohScript = ReplyParts & {
  readonly status?: number
  readonly type?: string
  readonly headers?: Readonly<Record<string, string>>
  /** Instead of a DNS message. */
  readonly body?: Buffer
  readonly after?: Promise<unknown>
  readonly never?: boolean
  /** The stream is reset before the answer (`head`), or the connection cut within (`body`) or before it. */
  readonly reset?: 'head' | 'body' | 'connection'
}

export type DohServer = {
  readonly url: string
  readonly port: number
  /** Every query received, in order. */
  readonly queries: readonly DohQuery[]
  /** Connections made so far, and those open now. */
  readonly connections: { readonly made: number; readonly open: number }
  /** Says goodbye on every connection (GOAWAY), as servers do before they restart. */
  sayGoodbye(): void
  close(): Promise<void>
}

export type DohServerOptions = {
  readonly certificate: TlsCertificate
  readonly answer: (query: DohQuery) => DohScript
  readonly port?: number
}

/** A service for DNS over HTTPS on 127.0.0.1, stopped when the test ends. */
export async function startDohServer(options: DohServerOptions): Promise<DohServer> {
  const { certificate, answer, port = 0 } = options
  const queries: DohQuery[] = []
  const sessions = new Set<ServerHttp2Session>()
  let made = 0
  const { key, cert } = certificate
  const server: Http2Server = createSecureServer({ key, cert })
  server.on('session', (session) => {
    made++
    sessions.add(session)
    session.on('error', () => {})
    session.on('close', () => sessions.delete(session))
  })
  server.on('stream', (stream, headers) => {
    const pieces: Buffer[] = []
    stream.on('error', () => {})
    stream.on('data', (piece: Buffer) => pieces.push(piece))
    stream.on('end', async () => {
      // the client has gone in the middle
      if (stream.aborted || stream.destroyed) return
      const message = Buffer.concat(pieces)
      const { type, name } = questionOf(message)
      const from = stream.session?.socket.remoteAddress
      const query = { question: `${type} ${name}`, message, headers, from }
      queries.push(query)
      const script = answer(query)
      await script.after
      if (script.never === true || stream.destroyed) return
      if (script.reset === 'connection') stream.session?.destroy()
      else if (script.reset === 'head') stream.close(2)
      else {
        const mediaType = script.type ?? 'application/dns-message'
        stream.respond({ ':status': script.status ?? 200, 'content-type': mediaType, ...script.headers })
        const body = script.body ?? replyTo(message, script)
        if (script.reset === 'body') stream.write(body.subarray(0, 20), () => stream.session?.destroy())
        else stream.end(body)
      }
    })
  })
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
  const address = server.address()
  const bound = typeof address === 'object' && address !== null ? address.port : 0
  let isClosed = false

  async function close(): Promise<void> {
    if (isClosed) return
    isClosed = true
    for (const session of sessions) session.destroy()
    await new Promise<void>((resolve) => server.close(() => resolve()))
  }
  onTestFinished(close)

  return {
    url: `https://localhost:${bound}/dns-query`,
    port: bound,
    queries,
    connections: {
      get made() {
        return made
      },
      get open() {
        return sessions.size
      },
    },
    sayGoodbye() {
      for (const session of sessions) session.close()
    },
    close,
  }
}
