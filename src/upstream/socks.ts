import { type ErrorCode, ProxyError } from '../errors.js'
import { integerOfIPv4 } from '../http/ipv4.js'
import { parseIPv6 } from '../http/ipv6.js'
import { type Hop, hasCredentials } from '../policy/hop.js'
import { type Handshake, type HandshakeWith, type HopTarget, MORE, type Progress } from './handshake.js'

const CONNECT = 1
const IPV4 = 1
const NAME = 3
const IPV6 = 4
const NO_AUTHENTICATION = 0
const USER_AND_PASSWORD = 2

/** RFC 1928 §3: the version, how many methods, the methods. */
const ANONYMOUS = Buffer.from([5, 1, NO_AUTHENTICATION])
const EITHER_WAY = Buffer.from([5, 2, NO_AUTHENTICATION, USER_AND_PASSWORD])
const USER_AND_PASSWORD_ALONE = Buffer.from([5, 1, USER_AND_PASSWORD])

const NOTHING: Buffer = Buffer.alloc(0)

/** RFC 1928 §6, by the value of the reply. */
const REPLIES_5: Readonly<Record<number, readonly [ErrorCode, string]>> = {
  1: ['VG_UPSTREAM_DENIED', 'general failure'],
  2: ['VG_UPSTREAM_DENIED', 'not allowed by its rules'],
  3: ['VG_ORIGIN_UNROUTABLE', 'network unreachable'],
  4: ['VG_ORIGIN_UNROUTABLE', 'host unreachable'],
  5: ['VG_ORIGIN_REFUSED', 'connection refused'],
  6: ['VG_ORIGIN_CONNECT_TIMEOUT', 'TTL expired'],
  7: ['VG_UPSTREAM_DENIED', 'command not supported'],
  8: ['VG_UPSTREAM_DENIED', 'address type not supported'],
}

/** Of SOCKS4, which has one reply for whatever went wrong with the target. */
const GRANTED_4 = 90
const REPLIES_4: Readonly<Record<number, readonly [ErrorCode, string]>> = {
  91: ['VG_UPSTREAM_DENIED', 'rejected or failed'],
  92: ['VG_UPSTREAM_DENIED', 'no identd'],
  93: ['VG_UPSTREAM_CREDENTIALS', 'another user by identd'],
}

/** SOCKS4, SOCKS4a and SOCKS5 (RFC 1928), with the user (and password, RFC 1929) of this hop and no other. */
export const socksHandshake: HandshakeWith = function socksHandshake(hop, target) {
  return hop.scheme === 'socks4' || hop.scheme === 'socks4a' ? socks4(hop, target) : socks5(hop, target)
}

function socks4({ username }: Hop, target: HopTarget): Handshake {
  let held = NOTHING
  return {
    opening: request4(username, target),
    receive(octets) {
      held = joined(held, octets)
      if (held.length < 8) return MORE
      const reply = held[1] as number
      return reply === GRANTED_4 ? granted(held, 8) : answered(REPLIES_4[reply])
    },
  }
}

function request4(username: string, { host, port, family }: HopTarget): Buffer {
  const isAddress = family === 4
  const user = `${username}\0`
  const name = isAddress ? '' : `${host}\0`
  const request = Buffer.allocUnsafe(8 + Buffer.byteLength(user) + Buffer.byteLength(name))
  request[0] = 4
  request[1] = CONNECT
  request.writeUInt16BE(port, 2)
  // 4a: 0.0.0.1, which cannot be one, says that a name follows
  request.writeUInt32BE(isAddress ? integerOfIPv4(host) : 1, 4)
  const at = 8 + request.write(user, 8)
  request.write(name, at)
  return request
}

function socks5(hop: Hop, target: HopTarget): Handshake {
  const { username, password, mustAuthenticate = false } = hop
  const hasThem = mustAuthenticate || hasCredentials(hop)
  let held = NOTHING
  let step = onMethod

  function onMethod(): Progress {
    if (held[0] !== 5) return notSocks()
    if (held.length < 2) return MORE
    const method = held[1]
    if (method === NO_AUTHENTICATION && mustAuthenticate) {
      return refusedUs('it takes no user and password, which isolate needs')
    }
    if (method === NO_AUTHENTICATION) return next(onReply, request5(target))
    if (method === USER_AND_PASSWORD && hasThem) return next(onAuthentication, userAndPassword(username, password))
    return refusedUs(hasThem ? 'it takes none of our methods' : 'it wants credentials')
  }

  /** RFC 1929 §2. */
  function onAuthentication(): Progress {
    if (held.length < 2) return MORE
    return held[1] === 0 ? next(onReply, request5(target)) : refusedUs('it does not take user and password')
  }

  function onReply(): Progress {
    if (held[0] !== 5) return notSocks()
    if (held.length < 2) return MORE
    const reply = held[1] as number
    if (reply !== 0) return answered(REPLIES_5[reply])
    if (held.length < 5) return MORE
    const bound = boundOctets(held[3] as number, held[4] as number)
    if (bound === undefined) return notSocks()
    return held.length < 6 + bound ? MORE : granted(held, 6 + bound)
  }

  /** @returns the octets asked for, which nothing may follow: it has not heard the next ones of ours */
  function next(following: () => Progress, octets: Buffer): Progress {
    if (held.length > 2) return notSocks()
    held = NOTHING
    step = following
    return { outcome: 'send', octets }
  }

  return {
    opening: mustAuthenticate ? USER_AND_PASSWORD_ALONE : hasThem ? EITHER_WAY : ANONYMOUS,
    receive(octets) {
      held = joined(held, octets)
      return step()
    },
  }
}

/** How long the address is that a reply names (RFC 1928 §6): that of a name says so in its first octet. */
function boundOctets(kind: number, first: number): number | undefined {
  if (kind === NAME) return 1 + first
  return kind === IPV4 ? 4 : kind === IPV6 ? 16 : undefined
}

function request5({ host, port, family }: HopTarget): Buffer {
  const octets = family === 4 ? 4 : family === 6 ? 16 : 1 + Buffer.byteLength(host)
  const request = Buffer.allocUnsafe(6 + octets)
  request[0] = 5
  request[1] = CONNECT
  request[2] = 0
  if (family === 4) {
    request[3] = IPV4
    request.writeUInt32BE(integerOfIPv4(host), 4)
  } else if (family === 6) {
    request[3] = IPV6
    putIPv6(request, 4, host)
  } else {
    request[3] = NAME
    putText(request, 4, host)
  }
  request.writeUInt16BE(port, 4 + octets)
  return request
}

function userAndPassword(username: string, password: string): Buffer {
  const octets = Buffer.allocUnsafe(3 + Buffer.byteLength(username) + Buffer.byteLength(password))
  octets[0] = 1
  putText(octets, putText(octets, 1, username), password)
  return octets
}

/** With its length in front, which is at most 255 (policy/hop.ts, RFC 1035). @returns where it ends */
function putText(into: Buffer, at: number, text: string): number {
  const size = into.write(text, at + 1)
  into[at] = size
  return at + 1 + size
}

function putIPv6(into: Buffer, at: number, address: string): void {
  for (const [i, part] of (parseIPv6(address) ?? []).entries()) into.writeUInt16BE(part, at + 2 * i)
}

function joined(held: Buffer, octets: Buffer): Buffer {
  return held.length === 0 ? octets : Buffer.concat([held, octets])
}

function granted(held: Buffer, size: number): Progress {
  return { outcome: 'granted', unread: held.subarray(size) }
}

function answered(reply: readonly [ErrorCode, string] | undefined): Progress {
  if (reply === undefined) return notSocks()
  const [code, what] = reply
  return { outcome: 'failed', error: new ProxyError(code, `it answered: ${what}`) }
}

function refusedUs(why: string): Progress {
  return { outcome: 'failed', error: new ProxyError('VG_UPSTREAM_CREDENTIALS', why) }
}

function notSocks(): Progress {
  return { outcome: 'failed', error: new ProxyError('VG_UPSTREAM_UNAVAILABLE', 'it does not answer in SOCKS') }
}
