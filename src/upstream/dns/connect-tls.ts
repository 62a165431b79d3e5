import { isIPv6 } from 'node:net'
import type { TLSSocket } from 'node:tls'
import type { DohServer } from './doh-server.js'

/** RFC 8305 §5: Connection Attempt Delay. */
const ATTEMPT_DELAY_MS = 250
/** RFC 9113 §3.2 */
const ALPN_HTTP2 = 'h2'

/**
 * The first of a service's addresses that shakes hands, each tried a little after the one before it or
 * as soon as that failed. The certificate is checked against the service's host, whatever
 * NODE_TLS_REJECT_UNAUTHORIZED says. Where there are egress addresses it is reached from one of them or not at all.
 *
 * @param signal ends it: nothing stays open
 * @param turn which of the egress addresses of a family, by `EgressAddresses.at`
 * @throws {Error} what the last of them failed with
 */
export function connectTls(server: DohServer, signal: AbortSignal, turn = 0n): Promise<TLSSocket> {
  // loaded by the first of them: two MiB that runs without DoH do not hold
  const { connect, rootCertificates } = process.getBuiltinModule('node:tls')
  const ways = waysTo(server, turn)
  return new Promise((resolve, reject) => {
    const attempts: TLSSocket[] = []
    let failed = 0
    let isOver = false
    let nextAttempt: NodeJS.Timeout | undefined

    function release(winner: TLSSocket | undefined): void {
      isOver = true
      clearTimeout(nextAttempt)
      signal.removeEventListener('abort', onAbort)
      for (const socket of attempts) if (socket !== winner) socket.destroy()
    }

    function onAbort(): void {
      release(undefined)
      reject(signal.reason)
    }

    function tryNext(): void {
      const way = ways[attempts.length]
      if (way === undefined) return
      const socket = connect({
        ...way,
        port: server.port,
        ...(server.serverName !== undefined && { servername: server.serverName }),
        ...(server.ca !== undefined && { ca: [...rootCertificates, server.ca] }),
        rejectUnauthorized: true,
        ALPNProtocols: [ALPN_HTTP2],
      })
      // stays on the socket: whoever gets it hears of an error by its end
      socket.on('error', onFailure)
      socket.once('secureConnect', () => {
        if (socket.alpnProtocol !== ALPN_HTTP2) {
          socket.destroy(new Error('the service does not speak HTTP/2'))
          return
        }
        release(socket)
        resolve(socket)
      })
      if (attempts.push(socket) < ways.length) nextAttempt = setTimeout(tryNext, ATTEMPT_DELAY_MS)
    }

    function onFailure(error: Error): void {
      if (isOver) return
      failed++
      if (attempts.length < ways.length) {
        clearTimeout(nextAttempt)
        tryNext()
      } else if (failed === attempts.length) {
        release(undefined)
        reject(error)
      }
    }

    if (signal.aborted) {
      reject(signal.reason)
      return
    }
    if (ways.length === 0) {
      reject(new Error(`egress.addresses has none of the family of ${server.addresses.join(', ')}`))
      return
    }
    signal.addEventListener('abort', onAbort)
    tryNext()
  })
}

type Way = { readonly host: string; readonly localAddress?: string }

function waysTo({ addresses, egressAddresses }: DohServer, turn: bigint): readonly Way[] {
  if (!egressAddresses.isConfigured) return addresses.map((host) => ({ host }))
  return addresses.flatMap((host) => {
    const localAddress = egressAddresses.at(isIPv6(host) ? 6 : 4, turn)
    return localAddress === undefined ? [] : [{ host, localAddress }]
  })
}
