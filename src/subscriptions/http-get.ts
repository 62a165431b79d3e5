import { type IncomingHttpHeaders, type IncomingMessage, request as startRequest } from 'node:http'
import type { Socket } from 'node:net'
import { FetchError } from './fetch-error.js'
import { type ListEgress, openConnection } from './open-connection.js'
import { createPatience } from './patience.js'

/** As many as a client's response may have. */
const MAX_HEAD_BYTES = 65_536

export type GetOptions = {
  readonly fields: Readonly<Record<string, string>>
  /** Of the body as it comes. */
  readonly maxBytes: number
  readonly signal: AbortSignal
  readonly ca: string | undefined
}

export type Answer = {
  readonly status: number
  readonly fields: IncomingHttpHeaders
  /** As it came, still encoded; empty for every status but 200. */
  readonly body: Buffer
}

/**
 * One request on a connection of its own. Node's HTTP client reads the answer, strictly;
 * the connection is ours (docs/decisions/0007).
 *
 * @throws {FetchError} silence for too long, a body over `maxBytes`
 * @throws {ProxyError | Error} no connection, no HTTP, a body that breaks off
 */
export async function httpGet(url: URL, egress: ListEgress, options: GetOptions): Promise<Answer> {
  const { maxBytes } = options
  const patience = createPatience(options.signal)
  let socket: Socket | undefined
  let failure: Error | undefined
  try {
    patience.wait(egress.headTimeoutMs, 'no connection to the server')
    socket = await openConnection(url, egress, { signal: patience.signal, ca: options.ca })
    socket.on('error', (error) => {
      failure = error
    })
    patience.wait(egress.headTimeoutMs, 'the server does not answer')
    const response = await responseOn(socket, url, { ...options, signal: patience.signal })
    const { statusCode: status = 0, headers: fields } = response
    if (status !== 200) return { status, fields, body: Buffer.alloc(0) }
    if (Number(fields['content-length']) > maxBytes) throw tooLarge(maxBytes)

    const chunks: Buffer[] = []
    let bytes = 0
    const waitForMore = (): void => patience.wait(egress.bodyTimeoutMs, 'the server stopped in the middle of the list')
    waitForMore()
    for await (const chunk of response as AsyncIterable<Buffer>) {
      waitForMore()
      bytes += chunk.length
      if (bytes > maxBytes) throw tooLarge(maxBytes)
      chunks.push(chunk)
    }
    // without a length, Node takes for the end whatever ends the connection: a reset, our own patience
    if (failure !== undefined) throw failure
    return { status, fields, body: Buffer.concat(chunks, bytes) }
  } catch (error) {
    // what a stop looks like from within depends on where it struck
    throw patience.signal.aborted ? patience.signal.reason : error
  } finally {
    patience.end()
    socket?.destroy()
  }
}

function responseOn(socket: Socket, url: URL, { fields, signal }: GetOptions): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const request = startRequest({
      createConnection: () => socket,
      method: 'GET',
      path: `${url.pathname}${url.search}`,
      setHost: false,
      headers: { Host: url.host, ...fields },
      maxHeaderSize: MAX_HEAD_BYTES,
      signal,
    })
    request.on('response', resolve)
    request.on('error', reject)
    request.on('close', () => reject(new FetchError('the connection broke off')))
    request.end()
  })
}

function tooLarge(maxBytes: number): FetchError {
  return new FetchError(`it is over ${maxBytes} bytes (maxBytes)`)
}
