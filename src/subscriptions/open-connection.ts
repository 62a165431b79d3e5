import type { Socket } from 'node:net'
import { rootCertificates, connect as startTls } from 'node:tls'
import { parseAuthority } from '../http/authority.js'
import type { Dial } from '../upstream/dial.js'
import { FetchError } from './fetch-error.js'

/** The way out that serves the clients, for ourselves. */
export type ListEgress = {
  /** Resolves, asks the guard, refuses our own listeners, connects. */
  readonly dial: Dial
  /** Whether targets may be asked on this port. */
  readonly isPortOpen: (scheme: 'http' | 'https', port: number) => boolean
  /** From the connection to the head of the answer, in milliseconds. */
  readonly headTimeoutMs: number
  /** Silence within the answer. */
  readonly bodyTimeoutMs: number
}

export type ConnectionOptions = {
  readonly signal: AbortSignal
  /** Authorities in PEM that are trusted beside the usual ones. */
  readonly ca: string | undefined
}

/**
 * A connection to the server of a URL, through our own dialer: the guard and the
 * port lists hold for lists as for clients. The rules are not asked, or a list that
 * names its own server could never be mended.
 *
 * @returns connected and, for `https:`, shaken hands with and its certificate checked
 * @throws {FetchError} a port that is not open
 * @throws {ProxyError} no connection
 * @throws {Error} no TLS
 */
export async function openConnection(url: URL, egress: ListEgress, options: ConnectionOptions): Promise<Socket> {
  const isTls = url.protocol === 'https:'
  const target = parseAuthority(url.host, isTls ? 443 : 80)
  if (target === undefined) throw new FetchError(`${url.host} is no host`)
  if (!egress.isPortOpen(isTls ? 'https' : 'http', target.port)) {
    const key = isTls ? 'egress.connectPorts' : 'egress.httpPorts'
    throw new FetchError(`port ${target.port} is not open for targets (${key} opens it)`)
  }
  const socket = await dialled(egress.dial, target, options.signal)
  if (isTls) return secured(socket, target, options)
  // a dial may hand it out paused, and Node's HTTP client does not resume what it did not pause
  return socket.resume()
}

type Target = Parameters<Dial>[0]

function dialled(dial: Dial, target: Target, signal: AbortSignal): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => {
      cancel()
      reject(signal.reason)
    }
    const cancel = dial(target, (error, socket) => {
      signal.removeEventListener('abort', onAbort)
      if (socket === null) {
        reject(error)
        return
      }
      socket.on('error', ignoreError)
      resolve(socket)
    })
    if (signal.aborted) onAbort()
    else signal.addEventListener('abort', onAbort)
  })
}

function secured(socket: Socket, { host, family }: Target, { signal, ca }: ConnectionOptions): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const secure = startTls({
      socket,
      host,
      ...(family === 0 && { servername: host }),
      ...(ca !== undefined && { ca: [...rootCertificates, ca] }),
      // NODE_TLS_REJECT_UNAUTHORIZED must not turn this off
      rejectUnauthorized: true,
      ALPNProtocols: ['http/1.1'],
    })
    const onAbort = (): void => {
      secure.destroy()
      reject(signal.reason)
    }
    secure.on('error', reject)
    secure.on('close', () => reject(new FetchError('the connection broke off in the TLS handshake')))
    secure.once('secureConnect', () => {
      signal.removeEventListener('abort', onAbort)
      resolve(secure)
    })
    if (signal.aborted) onAbort()
    else signal.addEventListener('abort', onAbort)
  })
}

/** Whoever uses the socket hears of it by its end. */
function ignoreError(): void {}
