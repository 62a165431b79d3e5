import { TOKEN_LOWER } from './syntax.js'

/**
 * What the codec must know of a field, whatever the profile. A field's code is
 * its kind plus the flags below, so that one table read in the scan says both
 * what a field means and whether it goes on.
 */
export const FIELD_OTHER = 0
export const FIELD_HOST = 1
export const FIELD_CONTENT_LENGTH = 2
export const FIELD_TRANSFER_ENCODING = 3
export const FIELD_CONNECTION = 4
export const FIELD_PROXY_CONNECTION = 5
export const FIELD_UPGRADE = 6
export const FIELD_TE = 7
export const FIELD_EXPECT = 8
export const FIELD_MAX_FORWARDS = 9
export const FIELD_REFERER = 10
export const FIELD_REQUESTED_WITH = 11
export const FIELD_USER_AGENT = 12
export const FIELD_CONTENT_TYPE = 13
export const FIELD_ACCEPT = 14
export const FIELD_FETCH_DEST = 15
export const FIELD_KIND_MASK = 0xff
/** Belongs to this connection only (RFC 9110 §7.6.1): never forwarded. */
export const DROP_HOP = 0x100
/** Names the client: removed by the profile, and told in the log. */
export const DROP_IDENTITY = 0x200
/** Framing, routing, authentication or content format: never merged from a trailer (RFC 9110 §6.5.1). */
export const NOT_IN_TRAILERS = 0x400

const KINDS: Readonly<Record<string, number>> = {
  host: FIELD_HOST | NOT_IN_TRAILERS,
  'content-length': FIELD_CONTENT_LENGTH | NOT_IN_TRAILERS,
  'transfer-encoding': FIELD_TRANSFER_ENCODING | NOT_IN_TRAILERS,
  connection: FIELD_CONNECTION | DROP_HOP,
  'proxy-connection': FIELD_PROXY_CONNECTION | DROP_HOP,
  'keep-alive': DROP_HOP,
  // reserved: `Connection: close` nominates it (RFC 9112 §9.6)
  close: DROP_HOP,
  upgrade: FIELD_UPGRADE | DROP_HOP,
  te: FIELD_TE | DROP_HOP,
  'http2-settings': DROP_HOP,
  'proxy-authorization': DROP_HOP,
  'proxy-authenticate': DROP_HOP,
  'proxy-authentication-info': DROP_HOP,
  expect: FIELD_EXPECT | NOT_IN_TRAILERS,
  'max-forwards': FIELD_MAX_FORWARDS | NOT_IN_TRAILERS,
  referer: FIELD_REFERER,
  'x-requested-with': FIELD_REQUESTED_WITH,
  'user-agent': FIELD_USER_AGENT,
  'content-type': FIELD_CONTENT_TYPE | NOT_IN_TRAILERS,
  accept: FIELD_ACCEPT,
  'sec-fetch-dest': FIELD_FETCH_DEST,
  'content-encoding': NOT_IN_TRAILERS,
  'content-range': NOT_IN_TRAILERS,
  trailer: NOT_IN_TRAILERS,
  'cache-control': NOT_IN_TRAILERS,
  range: NOT_IN_TRAILERS,
  age: NOT_IN_TRAILERS,
  date: NOT_IN_TRAILERS,
  location: NOT_IN_TRAILERS,
  vary: NOT_IN_TRAILERS,
  authorization: NOT_IN_TRAILERS,
  'www-authenticate': NOT_IN_TRAILERS,
  'set-cookie': NOT_IN_TRAILERS,
  cookie: NOT_IN_TRAILERS,
}

/** Framing and routing are ours to make: no configuration and no `Connection` option takes these away. */
export const UNTOUCHABLE: ReadonlySet<string> = new Set(['host', 'content-length', 'transfer-encoding'])

export type FieldTable = {
  /** The code of the name in `text[start, end)`, whose `hashName` is `hash`; 0 for a field nobody listed. */
  codeOf(text: string, start: number, end: number, hash: number): number
}

/** One step of the hash that the scan keeps while it checks a name. */
export function hashStep(hash: number, lowerCaseCode: number): number {
  return (Math.imul(hash, 31) + lowerCaseCode) | 0
}

/**
 * A table of field names with open addressing, built once per profile: its
 * cost in a scan does not depend on how many names it holds.
 *
 * @param removed lower-case names and prefixes ending in `*` that the profile takes out
 * @param kept names that no prefix takes out
 */
export function createFieldTable(removed: Iterable<string>, kept: Iterable<string> = []): FieldTable {
  const codes = new Map<string, number>(Object.entries(KINDS))
  const prefixes: string[] = []
  const stays = new Set([...UNTOUCHABLE, ...kept])
  for (const name of kept) if (!codes.has(name)) codes.set(name, FIELD_OTHER)
  for (const name of removed) {
    if (name.endsWith('*')) prefixes.push(name.slice(0, -1))
    else if (!UNTOUCHABLE.has(name)) codes.set(name, (codes.get(name) ?? FIELD_OTHER) | DROP_IDENTITY)
  }
  // a name with an entry of its own is not looked up by prefix
  for (const [name, code] of codes) {
    const goes = (code & DROP_HOP) === 0 && !stays.has(name) && prefixes.some((prefix) => name.startsWith(prefix))
    if (goes) codes.set(name, code | DROP_IDENTITY)
  }

  const mask = tableSize(codes.size) - 1
  const slots = new Int32Array(mask + 1)
  const names: string[] = ['']
  const codeList: number[] = [0]
  for (const [name, code] of codes) {
    let slot = hashName(name) & mask
    while (slots[slot] !== 0) slot = (slot + 1) & mask
    slots[slot] = names.push(name) - 1
    codeList.push(code)
  }

  return {
    codeOf(text, start, end, hash) {
      for (let slot = hash & mask; ; slot = (slot + 1) & mask) {
        const index = slots[slot] ?? 0
        if (index === 0) break
        const name = names[index] ?? ''
        if (name.length === end - start && startsWithName(text, start, name)) return codeList[index] ?? 0
      }
      for (const prefix of prefixes) {
        if (prefix.length <= end - start && startsWithName(text, start, prefix)) return DROP_IDENTITY
      }
      return FIELD_OTHER
    },
  }
}

function hashName(lowerCase: string): number {
  let hash = 0
  for (let i = 0; i < lowerCase.length; i++) hash = hashStep(hash, lowerCase.charCodeAt(i))
  return hash
}

/** A power of two at least four times the number of names, so that a probe nearly always ends at once. */
function tableSize(count: number): number {
  return 2 ** Math.ceil(Math.log2(count * 4))
}

function startsWithName(text: string, start: number, name: string): boolean {
  for (let i = 0; i < name.length; i++) {
    if (TOKEN_LOWER[text.charCodeAt(start + i)] !== name.charCodeAt(i)) return false
  }
  return true
}
