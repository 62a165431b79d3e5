import { connect, type Socket } from 'node:net'

/** One message as it came over the wire, in latin1. */
export type RawMessage = {
  readonly startLine: string
  /** Field lines in order, as received. */
  readonly lines: readonly string[]
  /** Values by lower-case name, joined by `, `. */
  readonly fields: Readonly<Record<string, string>>
  /** The body as it came, with its chunked framing. */
  readonly raw: string
  /** The body without framing. */
  readonly body: string
}

export type RawResponse = RawMessage & { readonly status: number }

/** How a connection ended, as the peer saw it. */
export type Ending = 'open' | 'end' | 'reset'

/**
 * One end of a connection, octet by octet: what a test writes is what goes
 * out, and what came in is kept until the test takes it.
 */
export class RawPeer {
  readonly socket: Socket
  /** Everything received and not taken by a `read…` call. */
  received = ''
  /** Octets received since the start. */
  bytes = 0
  ending: Ending = 'open'
  isClosed = false
  #wake: () => void = () => {}
  #news: Promise<void>

  constructor(socket: Socket) {
    this.socket = socket
    this.#news = this.#expectNews()
    socket.on('data', (chunk) => {
      this.bytes += chunk.length
      this.received += chunk.toString('latin1')
      this.#tell()
    })
    socket.on('end', () => this.#ended('end'))
    socket.on('error', () => this.#ended('reset'))
    socket.on('close', () => {
      this.isClosed = true
      this.#tell()
    })
  }

  /** Writes octets (text as latin1), in pieces of `piece` octets, each a segment of its own, where that is given. */
  async write(data: string | Buffer, piece = Number.POSITIVE_INFINITY): Promise<void> {
    const bytes = typeof data === 'string' ? Buffer.from(data, 'latin1') : data
    for (let at = 0; at < bytes.length; at += piece) {
      this.socket.write(bytes.subarray(at, at + piece))
      if (piece < bytes.length) await turn()
    }
  }

  /** Sends FIN; what the other side sends is still read. */
  end(): void {
    this.socket.end()
  }

  reset(): void {
    this.socket.resetAndDestroy()
  }

  close(): void {
    this.socket.destroy()
  }

  /** Resolves when `isTrue` holds; rejects when the connection has closed and it does not. */
  async until(isTrue: () => boolean, what = 'what the test waits for'): Promise<void> {
    while (!isTrue()) {
      if (this.isClosed) throw this.#over(what)
      await this.#news
    }
  }

  /** The same for what depends on what is received alone: nothing more is when the other side has ended. */
  async #receive(isTrue: () => boolean, what: string): Promise<void> {
    await this.until(() => isTrue() || this.ending !== 'open', what)
    if (!isTrue()) throw this.#over(what)
  }

  #over(what: string): Error {
    return new Error(`over (${this.ending}) before ${what}; received ${JSON.stringify(this.received.slice(0, 500))}`)
  }

  /** Takes everything up to and including `text`. */
  async readPast(text: string): Promise<string> {
    await this.#receive(() => this.received.includes(text), JSON.stringify(text))
    return this.take(this.received.indexOf(text) + text.length)
  }

  /** Takes exactly `length` octets. */
  async readBytes(length: number): Promise<string> {
    await this.#receive(() => this.received.length >= length, `${length} octets`)
    return this.take(length)
  }

  take(length: number): string {
    const taken = this.received.slice(0, length)
    this.received = this.received.slice(length)
    return taken
  }

  /** Takes one request. */
  async readRequest(): Promise<RawMessage> {
    const head = parseHead(await this.readPast('\r\n\r\n'))
    return { ...head, ...(await this.#readBody(head.fields, false)) }
  }

  /** Takes a head and leaves what follows. */
  async readHead(): Promise<RawResponse> {
    const head = parseHead(await this.readPast('\r\n\r\n'))
    return { ...head, raw: '', body: '', status: statusOf(head.startLine) }
  }

  /** Takes one response; interim ones are responses of their own. */
  async readResponse(method = 'GET'): Promise<RawResponse> {
    const head = await this.readHead()
    const { status } = head
    if (method === 'HEAD' || status < 200 || status === 204 || status === 304) return head
    return { ...head, ...(await this.#readBody(head.fields, true)) }
  }

  /** Resolves with how the other side ended. */
  async ended(): Promise<Ending> {
    while (this.ending === 'open') await this.#news
    return this.ending
  }

  /** Resolves when the connection is over: the other side ended it, and this side follows. */
  async closed(): Promise<Ending> {
    if ((await this.ended()) === 'end') this.end()
    while (!this.isClosed) await this.#news
    return this.ending
  }

  async #readBody(
    fields: Readonly<Record<string, string>>,
    isResponse: boolean,
  ): Promise<{ readonly raw: string; readonly body: string }> {
    if (fields['transfer-encoding'] !== undefined) return this.#readChunks()
    const length = fields['content-length']
    if (length !== undefined) {
      const body = await this.readBytes(Number(length))
      return { raw: body, body }
    }
    if (!isResponse) return { raw: '', body: '' }
    await this.ended()
    const body = this.take(this.received.length)
    return { raw: body, body }
  }

  async #readChunks(): Promise<{ readonly raw: string; readonly body: string }> {
    let raw = ''
    let body = ''
    for (;;) {
      const line = await this.readPast('\r\n')
      const size = Number.parseInt(line, 16)
      raw += line
      if (size === 0) break
      const data = await this.readBytes(size + 2)
      raw += data
      body += data.slice(0, -2)
    }
    for (let line = ''; line !== '\r\n'; ) {
      line = await this.readPast('\r\n')
      raw += line
    }
    return { raw, body }
  }

  #ended(how: Ending): void {
    if (this.ending !== 'reset') this.ending = how
    this.#tell()
  }

  #expectNews(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve
    })
  }

  #tell(): void {
    const wake = this.#wake
    this.#news = this.#expectNews()
    wake()
  }
}

/** Connects to 127.0.0.1 and keeps the connection half-open when the other side ends. */
export function connectRaw(port: number): Promise<RawPeer> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: '127.0.0.1', port, allowHalfOpen: true, noDelay: true }, () => {
      socket.removeListener('error', reject)
      resolve(new RawPeer(socket))
    })
    socket.once('error', reject)
  })
}

/** A turn of the event loop that lets sockets be read and written. */
export function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}

/** Waits until `isTrue` holds, looking at every turn; the test's time-out is the limit. */
export async function eventually(isTrue: () => boolean): Promise<void> {
  while (!isTrue()) await new Promise((resolve) => setTimeout(resolve, 2))
}

function parseHead(text: string): Pick<RawMessage, 'startLine' | 'lines' | 'fields'> {
  const [startLine = '', ...lines] = text.slice(0, -4).split('\r\n')
  const fields: Record<string, string> = {}
  for (const line of lines) {
    const colon = line.indexOf(':')
    const name = line.slice(0, colon).toLowerCase()
    const value = line.slice(colon + 1).trim()
    fields[name] = fields[name] === undefined ? value : `${fields[name]}, ${value}`
  }
  return { startLine, lines, fields }
}

function statusOf(startLine: string): number {
  return Number(startLine.split(' ')[1])
}
