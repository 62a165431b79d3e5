import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { ListenAddress } from '../policy/own-listeners.js'
import { bind } from '../transport/bind.js'
import { isOwnHost } from './host-check.js'
import { createMetrics, type MetricSources } from './metrics.js'

export type AdminOptions = {
  readonly host: string
  readonly port: number
  /** Names by which it may be asked, beside addresses and `localhost`. */
  readonly hosts: readonly string[]
  /** Why no client should be sent here; undefined while they should. */
  readonly unready: () => string | undefined
  readonly sources: MetricSources
}

export type AdminServer = ListenAddress & {
  /** `http://127.0.0.1:9090`, with the port that was taken. */
  readonly url: string
  close(): Promise<void>
}

/** Who looks asks rarely: more connections than this are a mistake or an attack, and descriptors are for clients. */
const MAX_CONNECTIONS = 32
const TIMEOUT_MS = 5_000
/** How often Node looks for those whose time is up. Its own 30 s would let a few silent connections keep a health check out. */
const LOOK_MS = 1_000
const TEXT = 'text/plain; charset=utf-8'

/**
 * The admin listener: `/healthz` (this process answers), `/readyz` (clients may be sent here), `/metrics` (Prometheus).
 * It reads and changes nothing.
 *
 * @throws CannotRunError when the port is taken or may not be bound
 */
export async function openAdminServer({ host, port, hosts, unready, sources }: AdminOptions): Promise<AdminServer> {
  const names = hosts.map((name) => name.toLowerCase())
  const metrics = createMetrics(sources)
  const server = createServer(
    {
      headersTimeout: TIMEOUT_MS,
      requestTimeout: TIMEOUT_MS,
      keepAliveTimeout: TIMEOUT_MS,
      connectionsCheckingInterval: LOOK_MS,
      maxHeaderSize: 8_192,
    },
    (request, response) => {
      answer(request, response).catch(() => response.destroy())
    },
  )
  server.maxConnections = MAX_CONNECTIONS

  async function answer({ method, url, headers }: IncomingMessage, response: ServerResponse): Promise<void> {
    const send = (status: number, body: string, contentType = TEXT): void => {
      response.writeHead(status, { 'Content-Type': contentType, 'Cache-Control': 'no-store' })
      // node:http leaves the body out of an answer to HEAD
      response.end(body)
    }
    // RFC 9110 §15.5.20
    if (!isOwnHost(headers.host, names))
      return send(421, 'ask by address or localhost, or name this host in admin.hosts\n')
    if (method !== 'GET' && method !== 'HEAD') {
      response.setHeader('Allow', 'GET, HEAD')
      return send(405, 'GET and HEAD only\n')
    }
    switch (url) {
      case '/healthz':
        return send(200, 'ok\n')
      case '/readyz': {
        const reason = unready()
        return reason === undefined ? send(200, 'ready\n') : send(503, `${reason}\n`)
      }
      case '/metrics':
        return send(200, await metrics.text(), metrics.contentType)
      default:
        return send(404, 'here are /healthz, /readyz and /metrics\n')
    }
  }

  await bind(server, { host, port })
  const bound = server.address() as AddressInfo
  return {
    url: `http://${bound.family === 'IPv6' ? `[${bound.address}]` : bound.address}:${bound.port}`,
    address: bound.address,
    port: bound.port,
    close() {
      server.closeAllConnections()
      return new Promise((resolve) => server.close(() => resolve()))
    },
  }
}
