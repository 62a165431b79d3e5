import { isIP } from 'node:net'
import { InputError } from '../errors.js'
import { canonicalHost } from '../http/authority.js'
import type { ListenAddress } from '../policy/own-listeners.js'

export type ListenUrl = { readonly url: string } | { readonly message: string; readonly fix: string }

const LATER_SCHEMES: ReadonlySet<string> = new Set([
  'https',
  'socks',
  'socks5',
  'socks5h',
  'socks4',
  'socks4a',
  'mixed',
])
const WRITE = 'write http://ADDRESS:PORT, for example http://127.0.0.1:3128'

/**
 * Reads where to listen: `http://ADDRESS:PORT`, port 0 for any free one. The
 * message of a failure does not repeat the text, which may hold a password.
 */
export function parseListenUrl(text: string): ListenUrl {
  const [, scheme = '', rest = ''] = /^([a-z][a-z0-9+.-]*):\/\/(.*)$/is.exec(text) ?? []
  if (scheme === '') return { message: 'not a listen address', fix: WRITE }
  if (LATER_SCHEMES.has(scheme.toLowerCase())) {
    return { message: `this version has no ${scheme.toLowerCase()} listener yet`, fix: WRITE }
  }
  if (scheme.toLowerCase() !== 'http') return { message: `veilgate has no ${scheme} listener`, fix: WRITE }
  if (rest.includes('@')) return { message: 'a listen address holds no user and password', fix: WRITE }

  const [, host = '', port = ''] = /^(\[[^\]]*\]|[^:/?#[\]]*):(\d{1,5})\/?$/.exec(rest) ?? []
  if (port === '') return { message: 'a listen address needs a host and a port, and nothing after them', fix: WRITE }
  if (Number(port) > 65_535) return { message: `${port} is not a port`, fix: 'write 0 (any free one) to 65535' }
  if (host === '' || host === '*') {
    return {
      message: 'a listen address needs a host',
      fix: 'write http://0.0.0.0:PORT for every IPv4 address, http://[::]:PORT for all',
    }
  }
  const canonical = canonicalHost(host)
  if (canonical === undefined) return { message: 'the host of this listen address is not valid', fix: WRITE }
  return { url: `http://${isIP(canonical) === 6 ? `[${canonical}]` : canonical}:${Number(port)}` }
}

/**
 * Where a listener of this URL is bound.
 *
 * @throws {InputError} no listen address; in a configuration file it was found before
 */
export function toListenAddress(url: string): ListenAddress {
  const parsed = parseListenUrl(url)
  if ('message' in parsed) {
    throw new InputError([{ file: 'listen', line: 0, column: 0, message: parsed.message, fix: parsed.fix }])
  }
  const { hostname, port } = new URL(parsed.url)
  return { address: hostname.replace(/^\[|\]$/g, ''), port: port === '' ? 80 : Number(port) }
}

/** Only this machine can connect there. */
export function isLoopbackListener(url: string): boolean {
  const host = url.slice('http://'.length, url.lastIndexOf(':'))
  return host === '[::1]' || host === 'localhost' || (isIP(host) === 4 && host.startsWith('127.'))
}
