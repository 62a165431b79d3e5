import { createServer, type IncomingHttpHeaders, type RequestListener } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { onTestFinished } from 'vitest'
import type { TlsCertificate } from './tls-certificate.js'

/** What the server sends for a path; a function decides anew for each request, or takes the response over. */
export type Published = {
  readonly status?: number
  readonly fields?: Readonly<Record<string, string>>
  readonly body?: string | Buffer
}

export type ListServer = {
  /** `http://127.0.0.1:PORT`, or `https://` with a certificate. */
  readonly url: string
  readonly port: number
  readonly requests: readonly { readonly path: string; readonly fields: IncomingHttpHeaders }[]
  /** From now on. */
  publish(path: string, published: Published | RequestListener): void
  stop(): Promise<void>
}

/** A server of lists on 127.0.0.1; a path that nothing was published at is answered with 404. */
export async function startListServer(certificate?: TlsCertificate): Promise<ListServer> {
  const content = new Map<string, Published | RequestListener>()
  const requests: { readonly path: string; readonly fields: IncomingHttpHeaders }[] = []
  const onRequest: RequestListener = (request, response) => {
    const path = request.url ?? ''
    requests.push({ path, fields: request.headers })
    const published = content.get(path) ?? { status: 404 }
    if (typeof published === 'function') {
      published(request, response)
      return
    }
    const { status = 200, fields = {}, body = '' } = published
    const isKnown = fields.etag !== undefined && request.headers['if-none-match'] === fields.etag
    response.writeHead(isKnown ? 304 : status, fields)
    response.end(isKnown ? '' : body)
  }
  const server = certificate === undefined ? createServer(onRequest) : createTlsServer(certificate, onRequest)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const stop = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve())
      server.closeAllConnections()
    })
  onTestFinished(stop)
  return {
    url: `${certificate === undefined ? 'http' : 'https'}://127.0.0.1:${port}`,
    port,
    requests,
    publish: (path, published) => void content.set(path, published),
    stop,
  }
}
