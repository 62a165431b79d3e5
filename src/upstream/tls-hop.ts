import type { Socket } from 'node:net'
import type { TLSSocket } from 'node:tls'
import { ProxyError } from '../errors.js'
import type { Hop } from '../policy/hop.js'
import { ignoreError } from './connect-socket.js'

/**
 * Shakes hands in TLS with an https hop, over a socket connected to it. Its
 * certificate is always checked, against the usual authorities and those of `ca`.
 *
 * @param ca PEM, undefined for none
 * @param done gets the socket to go on with, without listeners, or `VG_UPSTREAM_UNAVAILABLE`
 * @returns cancels: `done` will not run; the sockets are the caller's to close
 */
export function secureHop(
  socket: Socket,
  { host, family }: Hop,
  ca: string | undefined,
  done: (error: ProxyError | null, secured: Socket) => void,
): () => void {
  // loaded by the first of them: two MiB that runs without them do not hold
  const { connect: startTls, rootCertificates } = process.getBuiltinModule('node:tls')
  const secured: TLSSocket = startTls({
    socket,
    host,
    // RFC 6066 §3: an address is no server name
    ...(family === 0 && { servername: host }),
    ...(ca !== undefined && { ca: [...rootCertificates, ca] }),
    // NODE_TLS_REJECT_UNAUTHORIZED must not turn this off
    rejectUnauthorized: true,
    ALPNProtocols: ['http/1.1'],
  })
  // what breaks below breaks the secured socket too, which tells
  socket.on('error', ignoreError)

  // Node closes what is below, but not where it is destroyed within its own callback
  secured.once('close', () => socket.destroy())

  function onSecure(): void {
    release()
    done(null, secured)
  }
  function onError(error: Error): void {
    release()
    const why = 'code' in error ? String(error.code) : error.message
    done(new ProxyError('VG_UPSTREAM_UNAVAILABLE', `no TLS with it (${why})`, { cause: error }), secured)
  }
  function onClose(): void {
    release()
    done(new ProxyError('VG_UPSTREAM_UNAVAILABLE', 'it broke off the TLS handshake'), secured)
  }
  function release(): void {
    secured.off('secureConnect', onSecure)
    secured.off('error', onError)
    secured.off('close', onClose)
  }

  secured.on('secureConnect', onSecure)
  secured.on('error', onError)
  secured.on('close', onClose)
  return () => {
    release()
    secured.on('error', ignoreError)
    secured.destroy()
  }
}
