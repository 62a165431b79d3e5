import { InputError } from '../errors.js'
import { type Authority, parseAuthority } from '../http/authority.js'
import type { RuleQuery } from './rule.js'
import { escapePath } from './url-path.js'

/**
 * A target as a person writes it: a host, `host:port`, or a URL. A host alone
 * and an `https://` URL ask for a tunnel to port 443, whose path is not seen.
 *
 * @throws InputError when it is none of these
 */
export function parseTarget(text: string): RuleQuery {
  const target = text.trim()
  const scheme = /^([a-z][a-z0-9+.-]*):\/\//i.exec(target)
  if (scheme === null) return { ...authorityOf(target, 443, text), path: undefined }

  const plain = PLAIN_SCHEMES.has((scheme[1] ?? '').toLowerCase())
  if (!plain && !TUNNEL_SCHEMES.has((scheme[1] ?? '').toLowerCase())) {
    throw badTarget(text, `\`${scheme[1]}:\` URLs are not served`, 'write an `http://` or `https://` URL, or a host')
  }
  const rest = target.slice(scheme[0].length)
  const end = rest.search(/[/?#]/)
  const authority = authorityOf(end === -1 ? rest : rest.slice(0, end), plain ? 80 : 443, text)
  return { ...authority, path: plain ? pathOf(end === -1 ? '' : rest.slice(end)) : undefined }
}

function authorityOf(text: string, defaultPort: number, target: string): Authority {
  // an IPv6 address without a port needs no brackets here: there is nothing else that it could be
  const authority = parseAuthority(text, defaultPort) ?? parseAuthority(`[${text}]`, defaultPort)
  if (authority !== undefined) return authority
  throw badTarget(
    target,
    'it is neither a valid host nor a URL',
    'write `example.com`, `example.com:8080` or `http://example.com/path`',
  )
}

function pathOf(text: string): string {
  const hash = text.indexOf('#')
  const path = escapePath(hash === -1 ? text : text.slice(0, hash))
  return path.startsWith('/') ? path : `/${path}`
}

function badTarget(target: string, message: string, fix: string): InputError {
  return new InputError([{ file: JSON.stringify(target), line: 0, column: 0, message, fix }])
}

const PLAIN_SCHEMES = new Set(['http', 'ws'])
const TUNNEL_SCHEMES = new Set(['https', 'wss'])
