import { describe, expect, test } from 'vitest'
import { CannotRunError, ERROR_CATALOG, formatProblem, InputError, ProxyError, toProxyError } from '../../src/errors.js'

/** RFC 9209 §2.3, as far as a forward proxy can meet them. */
const PROXY_ERROR_TYPES: readonly string[] = [
  'dns_timeout',
  'dns_error',
  'destination_ip_prohibited',
  'destination_ip_unroutable',
  'destination_unavailable',
  'connection_refused',
  'connection_terminated',
  'connection_timeout',
  'connection_limit_reached',
  'http_response_timeout',
  'http_request_error',
  'http_request_denied',
  'http_protocol_error',
  'proxy_loop_detected',
  'proxy_internal_error',
  'proxy_configuration_error',
]

describe('the catalogue', () => {
  test.each(Object.entries(ERROR_CATALOG))('%s has a status and an error type that clients know', (code, spec) => {
    expect(code).toMatch(/^VG(_[A-Z]+){1,3}$/)
    expect(PROXY_ERROR_TYPES).toContain(spec.proxyStatus)
    expect([400, 403, 408, 414, 429, 431, 500, 501, 502, 503, 504, 505, 508]).toContain(spec.status)
    expect(spec.summary).toMatch(/^[a-z].*[^.]$/)
  })

  test('closes after everything that leaves the rest of the connection without meaning', () => {
    const kept = Object.entries(ERROR_CATALOG).filter(([, { closes }]) => !closes)
    const broken = kept.filter(([, { status }]) => [400, 408, 414, 431, 505].includes(status))
    expect(broken).toEqual([])
  })
})

describe('errors of an exchange', () => {
  test.each([
    ['ECONNREFUSED', 'VG_ORIGIN_REFUSED'],
    ['EMFILE', 'VG_CONNECTION_LIMIT'],
    ['ENFILE', 'VG_CONNECTION_LIMIT'],
    ['ECONNRESET', 'VG_ORIGIN_TERMINATED'],
    ['EPIPE', 'VG_ORIGIN_TERMINATED'],
    ['ETIMEDOUT', 'VG_ORIGIN_CONNECT_TIMEOUT'],
    ['EHOSTUNREACH', 'VG_ORIGIN_UNROUTABLE'],
    ['ENETUNREACH', 'VG_ORIGIN_UNROUTABLE'],
    ['EBADF', 'VG_INTERNAL'],
  ])('%s of a socket is %s', (errno, code) => {
    const cause = Object.assign(new Error('as Node says it'), { code: errno })
    expect(toProxyError(cause)).toMatchObject({ code, detail: errno, cause })
  })

  test('one of ours stays itself, anything else is a fault of ours', () => {
    const error = new ProxyError('VG_DNS_ERROR', 'NXDOMAIN')
    expect(toProxyError(error)).toBe(error)
    expect(error.message).toBe('the name does not resolve: NXDOMAIN')
    expect(toProxyError('thrown text')).toMatchObject({ code: 'VG_INTERNAL', detail: undefined })
  })
})

describe('errors of input', () => {
  const problem = { file: 'my.rules', line: 3, column: 7, message: 'unbalanced bracket', fix: 'write \\[' }

  test('say where, what and what to write', () => {
    expect(formatProblem(problem)).toBe('my.rules:3:7: unbalanced bracket; write \\[')
    expect(formatProblem({ ...problem, line: 0, column: 0, fix: '' })).toBe('my.rules: unbalanced bracket')
  })

  test('hold every problem, one a line', () => {
    const error = new InputError([problem, { ...problem, line: 4 }])
    expect(error.problems).toHaveLength(2)
    expect(error.message.split('\n')).toEqual([formatProblem(problem), formatProblem({ ...problem, line: 4 })])
  })

  test('are told apart from a machine that does not let us run', () => {
    expect(new CannotRunError('the port is taken')).not.toBeInstanceOf(InputError)
  })
})
