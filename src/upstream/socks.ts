import { EventEmitter } from 'node:events'
import type { Socket } from 'node:net'
import { SocksClient } from 'socks'
import { type ErrorCode, ProxyError } from '../errors.js'
import type { Hop } from '../policy/hop.js'
import { converse } from './conversation.js'
import type { Handshake, HopTarget } from './handshake.js'

const REPLY_4_OCTETS = 8
/** With an IPv4 address; with an IPv6 address it is longer. */
const REPLY_5_OCTETS = 10
/** RFC 1928 §5: a name may be as short as it likes. */
const BOUND_TO_A_NAME = 3

/** RFC 1928 §3: version 5, one method, user and password. */
const USER_AND_PASSWORD_ALONE = Buffer.from([5, 1, 2])
const NO_AUTHENTICATION = 0

/** Last word of the library's message → what the reply means (RFC 1928 §6, SOCKS4). */
const REPLIES: Readonly<Record<string, ErrorCode>> = {
  NetworkUnreachable: 'VG_ORIGIN_UNROUTABLE',
  HostUnreachable: 'VG_ORIGIN_UNROUTABLE',
  ConnectionRefused: 'VG_ORIGIN_REFUSED',
  TTLExpired: 'VG_ORIGIN_CONNECT_TIMEOUT',
  Failure: 'VG_UPSTREAM_DENIED',
  NotAllowed: 'VG_UPSTREAM_DENIED',
  CommandNotSupported: 'VG_UPSTREAM_DENIED',
  AddressNotSupported: 'VG_UPSTREAM_DENIED',
  // SOCKS4: one reply for whatever went wrong
  Failed: 'VG_UPSTREAM_DENIED',
  Rejected: 'VG_UPSTREAM_DENIED',
  RejectedIdent: 'VG_UPSTREAM_CREDENTIALS',
  // the methods of RFC 1928 §3 and the status of RFC 1929 §2, by the text of the library
  type: 'VG_UPSTREAM_CREDENTIALS',
  failed: 'VG_UPSTREAM_CREDENTIALS',
}

/**
 * SOCKS4, SOCKS4a and SOCKS5 by the package `socks`, which never sees the real
 * socket: it writes into and reads from a stand-in, octet by octet where there may
 * be some of the target, so that what comes behind the reply is still ours, and back-pressure, half-close and abort
 * stay where they are.
 */
export const socksConnect: Handshake = function socksConnect(socket, hop, target, done) {
  const { mustAuthenticate = false } = hop
  let sinceWrite = 0
  let writes = 0
  /** Octets up to the one that says which method it chose. */
  let toMethod = 1
  const standIn = createStandIn((octets) => {
    sinceWrite = 0
    // the package would also offer to show nothing
    return socket.write(mustAuthenticate && writes++ === 0 ? USER_AND_PASSWORD_ALONE : octets)
  })
  const client = createClient(hop, target)
  let unread: Buffer | undefined
  let isOver = false

  const conversation = converse(
    socket,
    (chunk) => {
      const isFirst = sinceWrite === 0
      sinceWrite += chunk.length
      if (mustAuthenticate && chunk[toMethod] === NO_AUTHENTICATION) {
        finish(new ProxyError('VG_UPSTREAM_CREDENTIALS', 'it takes no user and password, which isolate needs'))
        return
      }
      toMethod -= chunk.length
      if (isFirst && isWithinReply(hop, chunk)) {
        standIn.emit('data', chunk)
        return
      }
      for (let i = 0; i < chunk.length && !isOver; i++) {
        unread = chunk.subarray(i + 1)
        standIn.emit('data', chunk.subarray(i, i + 1))
      }
    },
    () => finish(new ProxyError('VG_UPSTREAM_UNAVAILABLE', 'it closed the connection before it answered')),
  )

  function finish(error: ProxyError | null): void {
    if (isOver) return
    isOver = true
    client.removeAllListeners()
    conversation.stop(unread)
    done(error)
  }

  client.on('error', ({ message }) => finish(toError(message)))
  client.on('established', () => finish(null))
  client.connect(standIn as unknown as Socket)
  return () => {
    isOver = true
    conversation.stop()
  }
}

/** Of a socket, what the package touches. */
function createStandIn(write: (octets: Buffer) => boolean): EventEmitter {
  return Object.assign(new EventEmitter(), {
    write,
    pause: doNothing,
    resume: doNothing,
    destroy: doNothing,
  })
}

function createClient({ scheme, host, port, username, password }: Hop, target: HopTarget): SocksClient {
  const type = isVersion4({ scheme }) ? 4 : 5
  const client = new SocksClient({
    proxy: { host, port, type, userId: username, password },
    command: 'connect',
    destination: { host: target.host, port: target.port },
    timeout: 1,
  })
  // its timer cannot be cleared, and would hold every connection's memory for as long as it runs: it ends at once, and
  // does nothing, for the time-out is that of the whole dial
  return Object.assign(client, { onEstablishedTimeout: doNothing })
}

function isVersion4({ scheme }: Pick<Hop, 'scheme'>): boolean {
  return scheme === 'socks4' || scheme === 'socks4a'
}

/** Whether these octets, which begin a reply, hold nothing of the target: no reply that grants is shorter (RFC 1928 §6). */
function isWithinReply(hop: Hop, octets: Buffer): boolean {
  if (isVersion4(hop)) return octets.length <= REPLY_4_OCTETS
  return octets.length <= REPLY_5_OCTETS && octets[3] !== BOUND_TO_A_NAME
}

function toError(message: string): ProxyError {
  const lastWord = /(\w+)\)?$/.exec(message)?.[1] ?? ''
  const code = REPLIES[lastWord]
  if (code !== undefined) return new ProxyError(code, `it answered ${lastWord}`)
  return new ProxyError('VG_UPSTREAM_UNAVAILABLE', 'it does not answer in SOCKS')
}

function doNothing(): void {}
