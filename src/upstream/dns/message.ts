import { isIP } from 'node:net'
import { type Answer, decode, encode, encodingLength, type Packet, RECURSION_DESIRED } from 'dns-packet'
import { canonicalHost } from '../../http/authority.js'
import type { AddressType, DnsReply } from './transport.js'

/**
 * Octets of a message beyond which it is not read: a thousand addresses fit, and
 * names that point to each other all over a message of 64 KiB would hold the
 * process up for 200 ms.
 */
export const MAX_MESSAGE_OCTETS = 16_384

/** RFC 8467 §4.1: queries are padded to the closest multiple of this. */
const PADDING_BLOCK_OCTETS = 128
const PADDING_OPTION = 12
/** RFC 6891 §6.2.5; over HTTP nothing depends on it. */
const UDP_PAYLOAD_OCTETS = 1_232

/** Longer chains of aliases are a fault: BIND and Unbound follow no more either. */
const MAX_CNAMES = 16
/** RFC 2181 §8: a TTL with the highest bit set counts as zero. */
const MAX_TTL_SECONDS = 0x7fff_ffff

const HEADER_OCTETS = 12
/** Of the shortest name, the root, and the fields behind it (RFC 1035 §4.1.2, §4.1.3). */
const LEAST_QUESTION_OCTETS = 5
const LEAST_RECORD_OCTETS = 11
const FLAG_TRUNCATED = 0x0200
const RCODE_MASK = 0x000f
/** IANA's names of RCODEs, by number. */
const RCODES = ['', 'FORMERR', 'SERVFAIL', 'NXDOMAIN', 'NOTIMP', 'REFUSED', 'YXDOMAIN', 'YXRRSET', 'NXRRSET', 'NOTAUTH']

export type DnsQuestion = {
  readonly id: number
  /** Canonical form. */
  readonly host: string
  readonly type: AddressType
}

export type ReceivedReply = DnsReply & { readonly isTruncated: boolean }

/** A query with recursion desired; padded, its length tells nothing of the name (RFC 7830, RFC 8467). */
export function encodeQuery({ id, host, type }: DnsQuestion, isPadded: boolean): Buffer {
  const query: Packet = { type: 'query', id, flags: RECURSION_DESIRED, questions: [{ type, name: host }] }
  if (!isPadded) return encode(query)
  const paddedBy = (length: number): Packet => ({ ...query, additionals: [paddingOf(length)] })
  const short = encodingLength(paddedBy(0)) % PADDING_BLOCK_OCTETS
  return encode(paddedBy(short === 0 ? 0 : PADDING_BLOCK_OCTETS - short))
}

/** What a message answers to a question; undefined where it is malformed, too long or the answer to another one. */
export function readReply(message: Buffer, { id, host, type }: DnsQuestion): ReceivedReply | undefined {
  const packet = decoded(message)
  const [asked, ...others] = packet?.questions ?? []
  if (packet === undefined || packet.type !== 'response' || packet.id !== id) return undefined
  if (asked === undefined || others.length > 0 || asked.type !== type || asked.class !== 'IN') return undefined
  if (asked.name.toLowerCase() !== host) return undefined

  const flags = packet.flags ?? 0
  const isTruncated = (flags & FLAG_TRUNCATED) !== 0
  const rcode = flags & RCODE_MASK
  if (rcode !== 0 && rcode !== RCODES.indexOf('NXDOMAIN')) {
    return { addresses: [], cnames: [], ttlSeconds: 0, failure: RCODES[rcode] || 'SERVFAIL', isTruncated }
  }
  const chain = followCnames(packet.answers ?? [], host)
  if (chain === undefined) return { addresses: [], cnames: [], ttlSeconds: 0, failure: 'SERVFAIL', isTruncated }
  const { addresses, ttlSeconds } = addressesOf(packet.answers ?? [], type, chain.names)
  const cnames = chain.names.slice(1).flatMap(toCname)
  if (addresses.length === 0 || rcode !== 0) {
    const failure = rcode === 0 ? 'NODATA' : 'NXDOMAIN'
    return { addresses: [], cnames, ttlSeconds: negativeTtl(packet.authorities ?? []), failure, isTruncated }
  }
  return { addresses, cnames, ttlSeconds: Math.min(ttlSeconds, chain.ttlSeconds), failure: '', isTruncated }
}

function paddingOf(length: number): Answer {
  return {
    type: 'OPT',
    name: '.',
    udpPayloadSize: UDP_PAYLOAD_OCTETS,
    extendedRcode: 0,
    ednsVersion: 0,
    flags: 0,
    flag_do: false,
    options: [{ code: PADDING_OPTION, length }],
  }
}

function decoded(message: Buffer): Packet | undefined {
  if (message.length > MAX_MESSAGE_OCTETS || !holdsWhatItCounts(message)) return undefined
  try {
    const packet = decode(message)
    // the library reads on where a record is cut short, as if zeros followed
    return decode.bytes > message.length ? undefined : packet
  } catch {
    return undefined
  }
}

/** Asked first: the library makes room for all records that the header counts, which takes it 5 ms where nothing of them follows. */
function holdsWhatItCounts(message: Buffer): boolean {
  if (message.length < HEADER_OCTETS) return false
  const records = message.readUInt16BE(6) + message.readUInt16BE(8) + message.readUInt16BE(10)
  const least = message.readUInt16BE(4) * LEAST_QUESTION_OCTETS + records * LEAST_RECORD_OCTETS
  return HEADER_OCTETS + least <= message.length
}

type Chain = {
  /** Names in lower case as they are in the message, the one asked for first. */
  readonly names: readonly string[]
  readonly ttlSeconds: number
}

/** RFC 1034 §3.6.2, whatever the order of the records; undefined for a chain that is too long or a circle. */
function followCnames(answers: readonly Answer[], host: string): Chain | undefined {
  const names = [host]
  let ttlSeconds = Number.POSITIVE_INFINITY
  for (;;) {
    const owner = names[names.length - 1]
    const cname = answers.find(
      (record) => record.type === 'CNAME' && record.class === 'IN' && record.name.toLowerCase() === owner,
    )
    if (cname?.type !== 'CNAME') return { names, ttlSeconds }
    if (names.length > MAX_CNAMES) return undefined
    names.push(cname.data.toLowerCase())
    ttlSeconds = Math.min(ttlSeconds, ttlOf(cname.ttl))
  }
}

/** Only of names on the chain: what else is in the answer was not asked for. */
function addressesOf(answers: readonly Answer[], type: AddressType, owners: readonly string[]) {
  const addresses = new Set<string>()
  let ttlSeconds = Number.POSITIVE_INFINITY
  for (const record of answers) {
    if ((record.type !== 'A' && record.type !== 'AAAA') || record.type !== type) continue
    if (record.class !== 'IN' || !owners.includes(record.name.toLowerCase())) continue
    addresses.add(canonicalHost(record.data) ?? record.data)
    ttlSeconds = Math.min(ttlSeconds, ttlOf(record.ttl))
  }
  return { addresses: [...addresses], ttlSeconds }
}

/** RFC 2308 §5: the smaller of the SOA's own TTL and its MINIMUM; 0 where none came along. */
function negativeTtl(authorities: readonly Answer[]): number {
  for (const record of authorities) {
    if (record.type === 'SOA') return Math.min(ttlOf(record.ttl), ttlOf(record.data.minimum))
  }
  return 0
}

function ttlOf(ttl: number | undefined): number {
  return ttl === undefined || ttl > MAX_TTL_SECONDS ? 0 : ttl
}

/** A name that no host can have cannot be named by a rule either. */
function toCname(name: string): readonly string[] {
  const host = canonicalHost(name)
  return host === undefined || isIP(host) !== 0 ? [] : [host]
}
