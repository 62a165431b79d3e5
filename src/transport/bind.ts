import type { Server } from 'node:net'
import { CannotRunError } from '../errors.js'

/** The kernel cuts it to `net.core.somaxconn`. */
const BACKLOG = 4_096

/** Where: an address, or a listening socket that somebody else has opened. */
export type BindPlace = { readonly host: string; readonly port: number } | { readonly fd: number }

/**
 * Starts to listen. Errors of a server that listens (no memory or descriptor for a client) are only told of after that: the
 * connection is lost, the server goes on.
 *
 * @throws CannotRunError when the port is taken or may not be bound
 */
export function bind(server: Server, place: BindPlace, onAcceptError: () => void = () => {}): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      reject(new CannotRunError(bindFault(error, place), { cause: error }))
    })
    server.listen({ ...place, backlog: BACKLOG }, () => {
      server.removeAllListeners('error')
      server.on('error', onAcceptError)
      resolve()
    })
  })
}

/** Why a place could not be bound, and what to do about it. */
export function bindFault(
  { code, message }: Pick<NodeJS.ErrnoException, 'code' | 'message'>,
  where: BindPlace,
): string {
  if ('fd' in where) return `cannot listen on descriptor ${where.fd}: ${message}; it must be a listening TCP socket`
  const place = `${where.host}:${where.port}`
  if (code === 'EADDRINUSE')
    return `cannot listen on ${place}: the port is taken; stop what uses it or choose another port`
  if (code === 'EACCES')
    return `cannot listen on ${place}: permission denied; ports below 1024 need root or CAP_NET_BIND_SERVICE`
  if (code === 'EADDRNOTAVAIL') return `cannot listen on ${place}: this machine has no such address`
  return `cannot listen on ${place}: ${message}`
}
