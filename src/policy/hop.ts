import { parseAuthority } from '../http/authority.js'

export type HopScheme = 'http' | 'https' | 'socks4' | 'socks4a' | 'socks5' | 'socks5h'

/** One proxy on the way to a target. */
export type Hop = {
  readonly scheme: HopScheme
  /** Canonical form. */
  readonly host: string
  readonly port: number
  /** 0 for a name, 4 or 6 for an address literal. */
  readonly family: 0 | 4 | 6
  /** Empty where the URL holds none. */
  readonly username: string
  readonly password: string
  /** Nothing is asked of it unless it has taken user and password (SOCKS5). */
  readonly mustAuthenticate?: boolean
}

const DEFAULT_PORTS: Readonly<Record<HopScheme, number>> = {
  http: 80,
  https: 443,
  socks4: 1080,
  socks4a: 1080,
  socks5: 1080,
  socks5h: 1080,
}

const SCHEMES = Object.keys(DEFAULT_PORTS)
const WRITE = 'write a URL such as socks5h://127.0.0.1:9050 or https://proxy.example:3128'
/** What begins so means something to Tor, and formats other than 0 are reserved (socks-extensions, proposal 351). */
const TOR_RESERVED = '<torS0X>'
/** The user name with which the password says, and only says, what shares no circuit. */
export const TOR_STREAM_ISOLATION = '<torS0X>0'

/** RFC 1929 §2: each has one octet for its length. */
const MAX_CREDENTIAL_OCTETS = 255

/** Why a text is no URL of an upstream. Does not repeat the text, which may hold a password. */
export type HopFault = { readonly message: string; readonly fix: string }

/** `scheme://[user[:password]@]host[:port]`, user and password percent-encoded. */
export function parseHop(text: string): Hop | HopFault {
  const [, written = '', rest = ''] = /^([a-z][a-z0-9+.-]*):\/\/(.*)$/is.exec(text.trim()) ?? []
  if (written === '') return { message: 'not a URL of an upstream', fix: WRITE }
  const scheme = written.toLowerCase()
  if (!isHopScheme(scheme)) {
    return { message: `upstreams do not speak ${scheme}`, fix: `write one of ${SCHEMES.join(', ')}` }
  }
  const at = rest.lastIndexOf('@')
  const authority = parseAuthority(rest.slice(at + 1).replace(/\/$/, ''), DEFAULT_PORTS[scheme])
  if (authority === undefined) return { message: 'the host or port of this upstream is not valid', fix: WRITE }

  const userinfo = at === -1 ? '' : rest.slice(0, at)
  const colon = userinfo.indexOf(':')
  const username = decoded(colon === -1 ? userinfo : userinfo.slice(0, colon))
  const password = decoded(colon === -1 ? '' : userinfo.slice(colon + 1))
  if (username === undefined || password === undefined) {
    return {
      message: 'user or password are not percent-encoded',
      fix: 'write % as %25, and other signs as %XX of UTF-8',
    }
  }
  const hop = { scheme, ...authority, username, password }
  return refuseCredentials(hop) ?? hop
}

/** True where the hop itself looks names up, so that nothing is asked here. */
export function resolvesRemotely({ scheme }: Hop): boolean {
  return scheme !== 'socks4' && scheme !== 'socks5'
}

/** True where the hop is spoken to in HTTP. */
export function isHttpHop({ scheme }: Hop): boolean {
  return scheme === 'http' || scheme === 'https'
}

export function hasCredentials({ username, password }: Hop): boolean {
  return username !== '' || password !== ''
}

/** `host:port` as it stands in a request target. */
export function hopPlace({ host, port, family }: Pick<Hop, 'host' | 'port' | 'family'>): string {
  return `${family === 6 ? `[${host}]` : host}:${port}`
}

function refuseCredentials({ scheme, username, password }: Hop): HopFault | undefined {
  const isSocks4 = scheme === 'socks4' || scheme === 'socks4a'
  if (isSocks4 && password !== '') {
    return { message: `${scheme} knows a user and no password`, fix: 'take the password out, or use socks5h' }
  }
  // RFC 7617 §2
  if ((scheme === 'http' || scheme === 'https') && username.includes(':')) {
    return { message: 'a user name for Basic authentication holds no colon', fix: 'take it out' }
  }
  if (CONTROL.test(username) || CONTROL.test(password)) {
    return { message: 'user or password hold control characters', fix: 'take them out' }
  }
  if ([username, password].some((text) => Buffer.byteLength(text) > MAX_CREDENTIAL_OCTETS)) {
    return { message: `user or password are longer than ${MAX_CREDENTIAL_OCTETS} octets`, fix: 'shorten them' }
  }
  if (username.startsWith(TOR_RESERVED) && !username.startsWith(TOR_STREAM_ISOLATION)) {
    return {
      message: `Tor keeps user names that begin with ${TOR_RESERVED} for itself`,
      fix: `write ${TOR_STREAM_ISOLATION} and what shall be kept apart as the password, or another user`,
    }
  }
  return undefined
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text)
  } catch {
    return undefined
  }
}

function isHopScheme(scheme: string): scheme is HopScheme {
  return Object.hasOwn(DEFAULT_PORTS, scheme)
}

const CONTROL = /\p{Cc}/u
