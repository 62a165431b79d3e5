import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { createServer as createTlsServer } from 'node:tls'
import { onTestFinished } from 'vitest'

/** What a parent was asked on one connection. */
export type Asked = {
  readonly protocol: 'http' | 'socks4' | 'socks4a' | 'socks5'
  /** As it was asked for: a name stays a name. */
  readonly host: string
  readonly port: number
  /** `user:password`, empty where none was shown. */
  readonly credentials: string
  /** First octets as received, latin1. */
  readonly head: string
}

export type ParentOptions = {
  readonly host?: string
  /** Default: any free one. */
  readonly port?: number
  /** `user:password` that it wants. */
  readonly credentials?: string
  /** It asks for user and password of SOCKS5, and takes any. */
  readonly takesAnybody?: boolean
  /** Certificate and key of a parent in TLS. */
  readonly tls?: { readonly key: string; readonly cert: string }
  /** How long it waits for a handshake in TLS that a client may have given up; a loaded machine needs long for one. */
  readonly handshakeTimeoutMs?: number
  /** Where names lead; a name that is not here does not resolve. Addresses lead to themselves. */
  readonly names?: Readonly<Record<string, string>>
  /** Octets that the parent sends together with its reply, as a target that speaks first. */
  readonly early?: string
  /** Answers instead: bytes for the connection, which then ends. */
  readonly answer?: (asked: Asked) => string | undefined
}

export type RecordingParent = {
  readonly port: number
  readonly asked: readonly Asked[]
  /** Connections of clients that are open. */
  readonly open: number
  close(): void
}

/** A proxy for http, SOCKS4, 4a and 5 on one port, by the first octet, that writes down what it was asked for. */
export async function startRecordingParent(options: ParentOptions = {}): Promise<RecordingParent> {
  const { host = '127.0.0.1', port = 0, tls, handshakeTimeoutMs = 15_000 } = options
  const asked: Asked[] = []
  const sockets = new Set<Socket>()
  const accept = (socket: Socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
    socket.on('error', () => {})
    void serve(socket, options, asked)
  }
  const server =
    tls === undefined
      ? createServer({ allowHalfOpen: true, noDelay: true }, accept)
      : createTlsServer({ ...tls, allowHalfOpen: true, handshakeTimeout: handshakeTimeoutMs }, accept)
  server.on('tlsClientError', (_error: Error, socket: Socket) => socket.destroy())
  await new Promise<void>((resolve) => server.listen({ host, port, backlog: 4_096 }, resolve))
  const close = () => {
    server.close()
    for (const socket of sockets) socket.destroy()
  }
  onTestFinished(close)
  return {
    port: (server.address() as AddressInfo).port,
    asked,
    get open() {
      return sockets.size
    },
    close,
  }
}

async function serve(socket: Socket, options: ParentOptions, all: Asked[]): Promise<void> {
  const reader = createReader(socket)
  try {
    const first = (await reader.bytes(1))[0] ?? 0
    const asked =
      first === 4
        ? await readSocks4(reader)
        : first === 5
          ? await readSocks5(reader, options)
          : await readHttp(reader, first)
    if (asked === undefined) return
    all.push(asked)
    const own = options.answer?.(asked)
    if (own !== undefined) {
      socket.end(own, 'latin1')
      return
    }
    const isWelcome = options.credentials === undefined || asked.credentials === options.credentials
    if (!isWelcome) {
      socket.end(refusalOf(asked, 'credentials'), 'latin1')
      return
    }
    const address = /^[\d.]+$|:/.test(asked.host) ? asked.host : options.names?.[asked.host]
    if (address === undefined) {
      socket.end(refusalOf(asked, 'unreachable'), 'latin1')
      return
    }
    relay(socket, reader, asked, address, options.early ?? '')
  } catch {
    socket.destroy()
  }
}

function relay(socket: Socket, reader: Reader, asked: Asked, address: string, early: string): void {
  const target = connect({ host: address, port: asked.port, allowHalfOpen: true, noDelay: true })
  target.on('error', () => socket.end(refusalOf(asked, 'refused'), 'latin1'))
  target.on('connect', () => {
    target.removeAllListeners('error')
    target.on('error', () => socket.destroy())
    const rest = reader.release()
    if (asked.protocol === 'http' && !asked.head.startsWith('CONNECT')) target.write(originForm(asked.head), 'latin1')
    else socket.write(acceptanceOf(asked) + early, 'latin1')
    if (rest.length > 0) target.write(rest)
    // a client that has ended by now ends no pipe any more
    if (socket.readableEnded) target.end()
    socket.pipe(target)
    target.pipe(socket)
    socket.on('close', () => target.destroy())
  })
}

function originForm(head: string): string {
  return head.replace(
    /^(\S+) http:\/\/[^/ ]*(\S*)/,
    (_, method: string, path: string) => `${method} ${path === '' ? '*' : path}`,
  )
}

async function readHttp(reader: Reader, first: number): Promise<Asked> {
  let head = String.fromCharCode(first)
  while (!head.endsWith('\r\n\r\n')) head += (await reader.bytes(1)).toString('latin1')
  const target =
    head
      .split(' ')[1]
      ?.replace(/^http:\/\//, '')
      .replace(/\/.*$/, '') ?? ''
  const [, host6, host4 = '', port = '80'] = /^(?:\[([^\]]+)\]|([^:]+))(?::(\d+))?$/.exec(target) ?? []
  const token = /^proxy-authorization: basic (\S+)/im.exec(head)?.[1] ?? ''
  const credentials = Buffer.from(token, 'base64').toString('utf8')
  return { protocol: 'http', host: host6 ?? host4, port: Number(port), credentials, head }
}

async function readSocks4(reader: Reader): Promise<Asked> {
  const [, high = 0, low = 0, ...ip] = await reader.bytes(7)
  const user = await reader.text()
  const isName = ip[0] === 0 && ip[1] === 0 && ip[2] === 0
  const host = isName ? await reader.text() : ip.join('.')
  const protocol = isName ? 'socks4a' : 'socks4'
  return { protocol, host, port: high * 256 + low, credentials: user, head: '' }
}

async function readSocks5(reader: Reader, options: ParentOptions): Promise<Asked | undefined> {
  const methods = await reader.bytes((await reader.bytes(1))[0] ?? 0)
  let credentials = ''
  if (options.credentials !== undefined || options.takesAnybody) {
    if (!methods.includes(2)) {
      reader.socket.end(Buffer.from([5, 0xff]))
      return undefined
    }
    reader.socket.write(Buffer.from([5, 2]))
    await reader.bytes(1)
    const user = await reader.bytes((await reader.bytes(1))[0] ?? 0)
    const password = await reader.bytes((await reader.bytes(1))[0] ?? 0)
    credentials = `${user}:${password}`
    const isRight = options.takesAnybody || credentials === options.credentials
    reader.socket.write(Buffer.from([1, isRight ? 0 : 1]))
    if (!isRight) {
      reader.socket.end()
      return undefined
    }
  } else {
    reader.socket.write(Buffer.from([5, 0]))
  }
  const [, , , kind = 0] = await reader.bytes(4)
  const host =
    kind === 1
      ? (await reader.bytes(4)).join('.')
      : kind === 4
        ? toIPv6(await reader.bytes(16))
        : (await reader.bytes((await reader.bytes(1))[0] ?? 0)).toString('latin1')
  const port = (await reader.bytes(2)).readUInt16BE(0)
  return { protocol: 'socks5', host, port, credentials, head: '' }
}

function toIPv6(bytes: Buffer): string {
  const groups = Array.from({ length: 8 }, (_, i) => bytes.readUInt16BE(i * 2).toString(16))
  const url = new URL(`http://[${groups.join(':')}]/`)
  return url.hostname.slice(1, -1)
}

function acceptanceOf({ protocol }: Asked): string {
  if (protocol === 'http') return 'HTTP/1.1 200 OK\r\n\r\n'
  return protocol === 'socks5' ? '\x05\0\0\x01\0\0\0\0\0\0' : '\0Z\0\0\0\0\0\0'
}

function refusalOf({ protocol }: Asked, why: 'credentials' | 'unreachable' | 'refused'): string {
  if (protocol === 'socks5') return `\x05${why === 'refused' ? '\x05' : '\x04'}\0\x01\0\0\0\0\0\0`
  if (protocol !== 'http') return why === 'credentials' ? '\0]\0\0\0\0\0\0' : '\0[\0\0\0\0\0\0'
  const status = why === 'credentials' ? 407 : why === 'refused' ? 502 : 504
  return `HTTP/1.1 ${status} No\r\nContent-Length: 2\r\n\r\nno`
}

type Reader = ReturnType<typeof createReader>

function createReader(socket: Socket) {
  let buffered = Buffer.alloc(0)
  let wake = () => {}
  let hasEnded = false
  const onData = (chunk: Buffer) => {
    buffered = Buffer.concat([buffered, chunk])
    wake()
  }
  const onEnd = () => {
    hasEnded = true
    wake()
  }
  socket.on('data', onData)
  socket.on('end', onEnd)
  socket.on('close', onEnd)

  async function bytes(length: number): Promise<Buffer> {
    while (buffered.length < length) {
      if (hasEnded) throw new Error('ended')
      await new Promise<void>((resolve) => {
        wake = resolve
      })
    }
    const taken = buffered.subarray(0, length)
    buffered = buffered.subarray(length)
    return taken
  }

  return {
    socket,
    bytes,
    async text(): Promise<string> {
      let text = ''
      for (;;) {
        const [c = 0] = await bytes(1)
        if (c === 0) return text
        text += String.fromCharCode(c)
      }
    },
    release(): Buffer {
      socket.off('data', onData)
      return buffered
    },
  }
}
