import { connect, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { readOctets } from './octets.js'

/** A proxy on this machine, and how long a silence of it is borne. */
export type ProxyPlace = {
  readonly port: number
  readonly timeoutMs: number
  /** The client's own address. */
  readonly from?: string
}

const MAX_HEAD = 65_536

/** Sends a head to the proxy as a browser does. @returns the head of the answer, latin1 @throws {Error} none came */
export async function askProxy(proxy: ProxyPlace, head: string): Promise<string> {
  const socket = connectTo(proxy)
  try {
    socket.write(head, 'latin1')
    return await readOctets(socket).until('\r\n\r\n', MAX_HEAD)
  } finally {
    socket.destroy()
  }
}

/**
 * Opens a tunnel and sends a head inside, in TLS.
 *
 * @param ca of the origin, PEM
 * @returns the head of the origin's answer
 * @throws {Error} none came
 */
export async function askInTunnel(proxy: ProxyPlace, opening: string, head: string, ca: string): Promise<string> {
  const socket = await openTunnel(proxy, opening)
  try {
    // the name asked for is made up, and the certificate is the origin's
    const inside = connectTls({ socket, ca, checkServerIdentity: () => undefined })
    inside.on('error', () => socket.destroy())
    inside.write(head, 'latin1')
    return await readOctets(inside).until('\r\n\r\n', MAX_HEAD)
  } finally {
    socket.destroy()
  }
}

/** @throws {Error} refused, with the status line */
export async function openTunnel(proxy: ProxyPlace, opening: string): Promise<Socket> {
  const socket = connectTo(proxy)
  try {
    socket.write(opening, 'latin1')
    const answer = await headOf(socket)
    if (!/^HTTP\/1\.1 200 /.test(answer)) throw new Error(answer.slice(0, answer.indexOf('\r\n')))
    return socket
  } catch (error) {
    socket.destroy()
    throw error
  }
}

/** Octet by octet: what follows belongs to the tunnel. */
async function headOf(socket: Socket): Promise<string> {
  let head = ''
  while (!head.endsWith('\r\n\r\n') && head.length < MAX_HEAD) {
    const chunk: Buffer | null = socket.read(1)
    if (chunk !== null) head += chunk.toString('latin1')
    else if (socket.readableEnded || socket.destroyed) throw new Error('the proxy ended the connection')
    else
      await new Promise<void>((resolve) => {
        const done = (): void => {
          for (const event of EVENTS) socket.off(event, done)
          resolve()
        }
        for (const event of EVENTS) socket.on(event, done)
      })
  }
  return head
}

const EVENTS = ['readable', 'end', 'close'] as const

function connectTo({ port, timeoutMs, from }: ProxyPlace): Socket {
  const socket = connect({ host: '127.0.0.1', port, noDelay: true, ...(from !== undefined && { localAddress: from }) })
  socket.on('error', () => socket.destroy())
  socket.setTimeout(timeoutMs, () => socket.destroy())
  return socket
}
