/** What one failure looks like from outside: contract §3. */
export type ErrorSpec = {
  readonly status: number
  /** Error type of RFC 9209 §2.3. */
  readonly proxyStatus: string
  readonly summary: string
  /** The client's connection cannot be used again: what follows on it has no known meaning. */
  readonly closes: boolean
}

/** Every failure a client can meet. docs/errors.md lists the same table; `npm run check` keeps the two equal. */
export const ERROR_CATALOG = {
  VG_REQUEST_BLOCKED: spec(403, 'http_request_denied', 'a rule blocks this target'),
  VG_ADDRESS_PROHIBITED: spec(403, 'destination_ip_prohibited', 'the egress guard refuses the address of this target'),
  VG_PORT_REFUSED: spec(403, 'http_request_denied', 'this port is not open for targets'),
  VG_CLIENT_REFUSED: fatal(403, 'http_request_denied', 'this client may not use the proxy'),
  VG_REQUEST_MALFORMED: fatal(400, 'http_request_error', 'the request cannot be parsed'),
  VG_FRAMING_CONFLICT: fatal(400, 'http_request_error', 'the length of the request body is ambiguous or invalid'),
  VG_TARGET_MALFORMED: fatal(400, 'http_request_error', 'the request target is not valid'),
  VG_TARGET_NOT_PROXY: fatal(400, 'http_request_error', 'this is a forward proxy: send an absolute URL or CONNECT'),
  VG_SCHEME_UNSUPPORTED: spec(501, 'http_request_error', 'this URL scheme is not served'),
  VG_VERSION_UNSUPPORTED: fatal(505, 'http_request_error', 'only HTTP/1.0 and HTTP/1.1 are served'),
  VG_HEAD_TOO_LARGE: fatal(431, 'http_request_error', 'the request head is too large'),
  VG_URI_TOO_LONG: fatal(414, 'http_request_error', 'the request target is too long'),
  VG_HEAD_TIMEOUT: fatal(408, 'http_request_error', 'the request head did not arrive in time'),
  VG_BODY_TIMEOUT: fatal(408, 'http_request_error', 'the request body stalled'),
  VG_DNS_ERROR: spec(502, 'dns_error', 'the name does not resolve'),
  VG_DNS_TIMEOUT: spec(504, 'dns_timeout', 'the resolver did not answer in time'),
  VG_ONION_UNREACHABLE: spec(502, 'dns_error', 'names under .onion are reached through an upstream marked tor only'),
  VG_NO_ROUTE: spec(503, 'destination_unavailable', 'no route leads to this target'),
  VG_UPSTREAM_UNAVAILABLE: spec(503, 'destination_unavailable', 'no upstream for this target can be reached'),
  VG_UPSTREAM_CREDENTIALS: spec(502, 'proxy_configuration_error', 'the upstream does not accept our credentials'),
  VG_UPSTREAM_DENIED: spec(502, 'connection_refused', 'the upstream does not serve this target'),
  VG_ORIGIN_REFUSED: spec(502, 'connection_refused', 'the origin refused the connection'),
  VG_ORIGIN_UNROUTABLE: spec(502, 'destination_ip_unroutable', 'there is no route to the origin'),
  VG_ORIGIN_CONNECT_TIMEOUT: spec(504, 'connection_timeout', 'the origin did not accept the connection in time'),
  VG_ORIGIN_TERMINATED: spec(502, 'connection_terminated', 'the origin closed the connection before it answered'),
  VG_RESPONSE_TIMEOUT: spec(504, 'http_response_timeout', 'the origin did not answer in time'),
  VG_ORIGIN_PROTOCOL: spec(502, 'http_protocol_error', 'the origin broke the HTTP protocol'),
  VG_EGRESS_ADDRESS: spec(
    500,
    'proxy_configuration_error',
    'the address from which the origin shall be reached cannot be used',
  ),
  VG_CLIENT_LIMIT: spec(429, 'connection_limit_reached', 'this client has too many connections or tunnels open'),
  VG_CONNECTION_LIMIT: fatal(503, 'connection_limit_reached', 'the proxy has too many connections open'),
  VG_TUNNEL_LIMIT: spec(503, 'connection_limit_reached', 'the proxy has too many tunnels open'),
  VG_DIAL_LIMIT: spec(503, 'connection_limit_reached', 'too many connections to this origin are being made'),
  VG_PROXY_LOOP: spec(508, 'proxy_loop_detected', 'the target is this proxy itself'),
  VG_INTERNAL: fatal(500, 'proxy_internal_error', 'unexpected failure inside the proxy'),
} as const satisfies Record<string, ErrorSpec>

export type ErrorCode = keyof typeof ERROR_CATALOG

/**
 * The only error that crosses a module boundary on the way of an exchange.
 * Match on `code`; `message` is for people and may change. `detail` names what
 * exactly was wrong and never holds a secret: it is shown to the client.
 */
export class ProxyError extends Error {
  override readonly name = 'ProxyError'
  readonly code: ErrorCode
  readonly detail: string | undefined

  constructor(code: ErrorCode, detail?: string, options?: ErrorOptions) {
    super(detail === undefined ? ERROR_CATALOG[code].summary : `${ERROR_CATALOG[code].summary}: ${detail}`, options)
    this.code = code
    this.detail = detail
  }
}

/** Node's socket errors, translated once, where they enter. */
const CODE_BY_ERRNO: Readonly<Record<string, ErrorCode>> = {
  ECONNREFUSED: 'VG_ORIGIN_REFUSED',
  ECONNRESET: 'VG_ORIGIN_TERMINATED',
  EPIPE: 'VG_ORIGIN_TERMINATED',
  ECONNABORTED: 'VG_ORIGIN_TERMINATED',
  ETIMEDOUT: 'VG_ORIGIN_CONNECT_TIMEOUT',
  EHOSTUNREACH: 'VG_ORIGIN_UNROUTABLE',
  ENETUNREACH: 'VG_ORIGIN_UNROUTABLE',
  EADDRNOTAVAIL: 'VG_ORIGIN_UNROUTABLE',
  EHOSTDOWN: 'VG_ORIGIN_UNROUTABLE',
  ENETDOWN: 'VG_ORIGIN_UNROUTABLE',
  // no IPv6 in the kernel; a local packet filter
  EAFNOSUPPORT: 'VG_ORIGIN_UNROUTABLE',
  EPERM: 'VG_ORIGIN_UNROUTABLE',
  EINVAL: 'VG_ORIGIN_UNROUTABLE',
  EACCES: 'VG_ORIGIN_UNROUTABLE',
  // no descriptor is left: what is reserved for this was not enough
  EMFILE: 'VG_CONNECTION_LIMIT',
  ENFILE: 'VG_CONNECTION_LIMIT',
}

/** What a failed socket operation towards an origin means; anything unknown is a fault of ours. */
export function toProxyError(error: unknown): ProxyError {
  if (error instanceof ProxyError) return error
  const errno = error instanceof Error && 'code' in error ? String(error.code) : ''
  return new ProxyError(CODE_BY_ERRNO[errno] ?? 'VG_INTERNAL', errno || undefined, { cause: error })
}

/** One fault in something a person wrote: where it is, what is wrong, what to write instead. */
export type Problem = {
  readonly file: string
  /** 1-based; 0 where the fault is the file itself. */
  readonly line: number
  readonly column: number
  readonly message: string
  readonly fix: string
}

/** `file:line:column: what is wrong; what to write` */
export function formatProblem({ file, line, column, message, fix }: Problem): string {
  const place = line === 0 ? file : `${file}:${line}:${column}`
  return fix === '' ? `${place}: ${message}` : `${place}: ${message}; ${fix}`
}

/** Bad usage, rule file or configuration: exit code 2. Holds every problem found, not only the first. */
export class InputError extends Error {
  override readonly name = 'InputError'
  readonly problems: readonly Problem[]

  constructor(problems: readonly Problem[]) {
    super(problems.map(formatProblem).join('\n'))
    this.problems = problems
  }
}

/** The machine does not let us run (port taken, permission): exit code 3. */
export class CannotRunError extends Error {
  override readonly name = 'CannotRunError'
}

function spec<const S extends number, const P extends string>(status: S, proxyStatus: P, summary: string) {
  return { status, proxyStatus, summary, closes: false }
}

function fatal<const S extends number, const P extends string>(status: S, proxyStatus: P, summary: string) {
  return { status, proxyStatus, summary, closes: true }
}
