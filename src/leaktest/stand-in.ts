import { once } from 'node:events'
import { connect, createServer, type Server, type Socket } from 'node:net'
import { createServer as createTlsServer } from 'node:tls'
import { parseAuthority } from '../http/authority.js'
import type { HopScheme } from '../policy/hop.js'
import type { Certificate } from './certificate.js'
import { type Octets, readOctets } from './octets.js'

/** What a stand-in was asked on one connection. */
export type Sight = {
  readonly target: string
  /** User and password of SOCKS5, in hexadecimal; empty where it was told none. */
  readonly login: string
  /** Handshake and what passed in clear towards the target, latin1. */
  readonly text: string
}

/** Plays an upstream, and writes down what it sees. */
export type StandIn = {
  readonly port: number
  /** Since `forget`, in order. */
  readonly sights: readonly Sight[]
  forget(): void
  close(): void
}

export type StandInOptions = {
  readonly scheme: HopScheme
  readonly certificate: Certificate
  /** Where it leads: a port of this machine for what it is asked, undefined to refuse. */
  readonly leadTo: (host: string, port: number) => number | undefined
  /** Hears of the port from which each connection goes on. */
  readonly onPort: (port: number) => void
}

type Wanted = { readonly host: string; readonly port: number }
/** A handshake read: what is wanted, and how to say yes and no. */
type Handshake = {
  readonly wanted: Wanted
  readonly yes: string
  readonly no: string
  /** What goes on to the target of what was read: a request that is no CONNECT. */
  readonly first?: string
  readonly login?: string
}

type Conversation = { target: string; login: string; readonly octets: Octets }

const MAX_HEAD = 65_536
const GRANTED_5 = '\x05\0\0\x01\0\0\0\0\0\0'
const REFUSED_5 = '\x05\x02\0\x01\0\0\0\0\0\0'
const GRANTED_4 = '\0Z\0\0\0\0\0\0'
const REFUSED_4 = '\0[\0\0\0\0\0\0'

/** A proxy on loopback for HTTP CONNECT or SOCKS, that leads nowhere but to ports of this run. */
export async function startStandIn(options: StandInOptions): Promise<StandIn> {
  const conversations: Conversation[] = []
  const sockets = new Set<Socket>()
  const accept = (socket: Socket): void => {
    hold(socket, sockets)
    serve(socket, options, sockets, conversations).catch(() => socket.destroy())
  }
  const server: Server =
    options.scheme === 'https' ? createTlsServer(options.certificate, accept) : createServer(accept)
  server.on('tlsClientError', (_error: Error, socket: Socket) => socket.destroy())
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  return {
    port: typeof address === 'object' && address !== null ? address.port : 0,
    get sights() {
      return conversations.map(({ target, login, octets }) => ({ target, login, text: octets.text }))
    },
    forget() {
      conversations.length = 0
    },
    close() {
      server.close()
      for (const socket of sockets) socket.destroy()
    },
  }
}

function hold(socket: Socket, sockets: Set<Socket>): void {
  sockets.add(socket)
  socket.on('close', () => sockets.delete(socket))
  socket.on('error', () => socket.destroy())
}

async function serve(
  socket: Socket,
  options: StandInOptions,
  sockets: Set<Socket>,
  conversations: Conversation[],
): Promise<void> {
  const octets = readOctets(socket)
  const conversation = { target: '', login: '', octets }
  conversations.push(conversation)
  const { wanted, yes, no, first = '', login = '' } = await read(socket, octets, options)
  Object.assign(conversation, { target: wanted.host, login })
  const port = options.leadTo(wanted.host, wanted.port)
  if (port === undefined) {
    socket.end(no, 'latin1')
    return
  }
  const target = connect({ host: '127.0.0.1', port })
  hold(target, sockets)
  // whoever asked may have gone, or go while this connects
  socket.on('close', () => target.destroy())
  if (socket.destroyed) target.destroy()
  await once(target, 'connect')
  options.onPort(target.localPort ?? 0)
  target.on('error', () => socket.destroy())
  socket.write(yes, 'latin1')
  target.write(first, 'latin1')
  target.write(octets.release())
  socket.pipe(target)
  target.pipe(socket)
}

async function read(socket: Socket, octets: Octets, options: StandInOptions): Promise<Handshake> {
  switch (options.scheme) {
    case 'socks5':
    case 'socks5h':
      return readSocks5(socket, octets)
    case 'socks4':
    case 'socks4a':
      return readSocks4(octets)
    default:
      return readConnect(octets)
  }
}

async function readConnect(octets: Octets): Promise<Handshake> {
  const head = await octets.until('\r\n\r\n', MAX_HEAD)
  const [, method = '', authority = '', path = ''] = /^(\S+) (?:http:\/\/)?([^/ ]*)(\S*)/.exec(head) ?? []
  const wanted = parseAuthority(authority, 80)
  if (wanted === undefined) throw new Error('no request that a proxy takes')
  const isTunnel = method === 'CONNECT'
  const rest = head.slice(head.indexOf(' HTTP/')).replace(/^proxy-authorization: .*\r\n/im, '')
  return {
    wanted,
    yes: isTunnel ? 'HTTP/1.1 200 OK\r\n\r\n' : '',
    first: isTunnel ? '' : `${method} ${path}${rest}`,
    no: 'HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\nConnection: close\r\n\r\n',
  }
}

/** RFC 1928, and RFC 1929 where the upstream has a login. */
async function readSocks5(socket: Socket, octets: Octets): Promise<Handshake> {
  const [, count = 0] = await octets.take(2)
  // an upstream that isolates has logins that its URL does not show
  const isLogin = (await octets.take(count)).includes(2)
  socket.write(Buffer.from([5, isLogin ? 2 : 0]))
  let login = ''
  if (isLogin) {
    await octets.take(1)
    const user = await octets.take(await octet(octets))
    const password = await octets.take(await octet(octets))
    login = `${user.toString('hex')}:${password.toString('hex')}`
    socket.write(Buffer.from([1, 0]))
  }
  const [, , , kind = 0] = await octets.take(4)
  const host = await readHost5(octets, kind)
  const port = (await octets.take(2)).readUInt16BE(0)
  return { wanted: { host, port }, yes: GRANTED_5, no: REFUSED_5, login }
}

async function readHost5(octets: Octets, kind: number): Promise<string> {
  if (kind === 1) return (await octets.take(4)).join('.')
  if (kind === 3) return (await octets.take(await octet(octets))).toString('latin1')
  const groups = await octets.take(16)
  return Array.from({ length: 8 }, (_, i) => groups.readUInt16BE(i * 2).toString(16)).join(':')
}

async function octet(octets: Octets): Promise<number> {
  return (await octets.take(1))[0] ?? 0
}

/** SOCKS 4 with the name of 4a, which stands behind an address that is none. */
async function readSocks4(octets: Octets): Promise<Handshake> {
  const request = await octets.take(8)
  await octets.until('\0', MAX_HEAD)
  const address = [...request.subarray(4, 8)]
  const isName = address[0] === 0 && address[1] === 0 && address[2] === 0
  const host = isName ? (await octets.until('\0', MAX_HEAD)).slice(0, -1) : address.join('.')
  return { wanted: { host, port: request.readUInt16BE(2) }, yes: GRANTED_4, no: REFUSED_4 }
}
