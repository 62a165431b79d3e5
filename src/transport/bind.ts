import type { Server } from 'node:net'
import { CannotRunError } from '../errors.js'

/** The kernel cuts it to `net.core.somaxconn`. */
const BACKLOG = 4_096

/**
 * Starts to listen. Errors of a server that listens (EMFILE while accepting) are left alone after that: the connection is
 * lost, the server goes on.
 *
 * @throws CannotRunError when the port is taken or may not be bound
 */
export function bind(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      reject(new CannotRunError(bindFault(error, host, port), { cause: error }))
    })
    server.listen({ host, port, backlog: BACKLOG }, () => {
      server.removeAllListeners('error')
      server.on('error', () => {})
      resolve()
    })
  })
}

function bindFault({ code, message }: NodeJS.ErrnoException, host: string, port: number): string {
  const place = `${host}:${port}`
  if (code === 'EADDRINUSE')
    return `cannot listen on ${place}: the port is taken; stop what uses it or choose another port`
  if (code === 'EACCES')
    return `cannot listen on ${place}: permission denied; ports below 1024 need root or CAP_NET_BIND_SERVICE`
  if (code === 'EADDRNOTAVAIL') return `cannot listen on ${place}: this machine has no such address`
  return `cannot listen on ${place}: ${message}`
}
