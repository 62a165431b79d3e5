/** Answers to a client that waits before it sends a body (RFC 9110 §10.1.1) and to CONNECT (§9.3.6: no framing fields). */
export const CONTINUE = Buffer.from('HTTP/1.1 100 Continue\r\n\r\n', 'latin1')
export const CONNECTION_ESTABLISHED = Buffer.from('HTTP/1.1 200 Connection established\r\n\r\n', 'latin1')

/** The registered methods; any other is forwarded as well. */
const ALLOW = 'GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS, TRACE, CONNECT'

/** What a TRACE must not give back to a script that made a browser send it (RFC 9110 §9.3.8). */
const SENSITIVE: ReadonlySet<string> = new Set([
  'authorization',
  'proxy-authorization',
  'authentication-info',
  'proxy-authentication-info',
  'cookie',
  'cookie2',
  'x-api-key',
  'x-auth-token',
  'x-csrf-token',
  'x-xsrf-token',
])

export type LocalAnswer = {
  /** IMF-fixdate (RFC 9110 §5.6.7). */
  readonly date: string
  readonly keepAlive: boolean
}

export type TraceRequest = LocalAnswer & {
  /** As received, without its CRLF. */
  readonly requestLine: string
  /** Names and values as received, in order. */
  readonly fields: readonly (readonly [name: string, value: string])[]
}

/** 200 to `OPTIONS *` and to OPTIONS with `Max-Forwards: 0` (RFC 9110 §9.3.7, §7.6.2). */
export function renderOptions({ date, keepAlive }: LocalAnswer): Buffer {
  return Buffer.from(
    `HTTP/1.1 200 OK\r\nDate: ${date}\r\nAllow: ${ALLOW}\r\nContent-Length: 0\r\n${connection(keepAlive)}\r\n`,
    'latin1',
  )
}

/** 200 to TRACE with `Max-Forwards: 0`: the request as `message/http`, without the fields that hold a secret (RFC 9110 §9.3.8). */
export function renderTrace({ date, keepAlive, requestLine, fields }: TraceRequest): Buffer {
  let echo = `${requestLine}\r\n`
  for (const [name, value] of fields) if (!SENSITIVE.has(name.toLowerCase())) echo += `${name}: ${value}\r\n`
  echo += '\r\n'
  return Buffer.from(
    `HTTP/1.1 200 OK\r\nDate: ${date}\r\nContent-Type: message/http\r\nContent-Length: ${echo.length}\r\n` +
      `Cache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\n${connection(keepAlive)}\r\n${echo}`,
    'latin1',
  )
}

function connection(keepAlive: boolean): string {
  return `Connection: ${keepAlive ? 'keep-alive' : 'close'}\r\n`
}
