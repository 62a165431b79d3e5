import { TOKEN_LOWER } from './syntax.js'

/**
 * What the codec must know of a field, whatever the profile. A field's code is
 * its kind, the flags below and the number of its entry, so that one table read
 * in the scan says what a field means, and another what a profile does with it.
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
export const FIELD_FETCH_SITE = 16
export const FIELD_ORIGIN = 17
export const FIELD_UPGRADE_INSECURE = 18
export const FIELD_KIND_MASK = 0xff
/** Belongs to this connection only (RFC 9110 §7.6.1): never forwarded. */
export const DROP_HOP = 0x100
/** Framing, routing, authentication or content format: never merged from a trailer (RFC 9110 §6.5.1). */
export const NOT_IN_TRAILERS = 0x200
/** Above these bits stands the number of the entry: an index into `FieldTable.names`. */
export const FIELD_ENTRY_SHIFT = 12

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
  'sec-fetch-site': FIELD_FETCH_SITE,
  origin: FIELD_ORIGIN,
  'upgrade-insecure-requests': FIELD_UPGRADE_INSECURE,
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
  /**
   * Names and prefixes that have an entry, by its number: lower case, prefixes
   * with `*` at the end. Number 0, an empty text, stands for every other name.
   */
  readonly names: readonly string[]
  /** The code of the name in `text[start, end)`, whose `hashName` is `hash`; 0 for a field nobody listed. */
  codeOf(text: string, start: number, end: number, hash: number): number
}

/** One step of the hash that the scan keeps while it checks a name. */
export function hashStep(hash: number, lowerCaseCode: number): number {
  return (Math.imul(hash, 31) + lowerCaseCode) | 0
}

/**
 * A table of field names with open addressing, and of prefixes as a tree: the
 * cost of a look-up depends on the name asked for and not on how many there are.
 * A name that is not listed belongs to the longest prefix that it begins with.
 *
 * @param listed lower-case names, and prefixes ending in `*`
 */
export function createFieldTable(listed: Iterable<string> = []): FieldTable {
  const names = ['', ...new Set([...Object.keys(KINDS), ...listed])]
  const codes = Int32Array.from(names, (name, entry) => (KINDS[name] ?? FIELD_OTHER) | (entry << FIELD_ENTRY_SHIFT))
  codes[0] = FIELD_OTHER
  const prefixes = createPrefixTree()
  const mask = tableSize(names.length) - 1
  const slots = new Int32Array(mask + 1)
  for (const [entry, name] of names.entries()) {
    if (entry === 0) continue
    if (name.endsWith('*')) {
      prefixes.add(name.slice(0, -1), entry)
      continue
    }
    let slot = hashName(name) & mask
    while (slots[slot] !== 0) slot = (slot + 1) & mask
    slots[slot] = entry
  }

  return {
    names,
    codeOf(text, start, end, hash) {
      for (let slot = hash & mask; ; slot = (slot + 1) & mask) {
        const entry = slots[slot] ?? 0
        if (entry === 0) break
        const name = names[entry] ?? ''
        if (name.length === end - start && startsWithName(text, start, name)) return codes[entry] ?? 0
      }
      return codes[prefixes.longest(text, start, end)] ?? 0
    },
  }
}

/** Entries by prefix, one step of the tree a character. */
function createPrefixTree() {
  const children = new Map<number, number>()
  const entries = [0]

  return {
    add(prefix: string, entry: number): void {
      let node = 0
      for (let i = 0; i < prefix.length; i++) {
        const step = node * TREE_WIDTH + prefix.charCodeAt(i)
        node = children.get(step) ?? entries.push(0) - 1
        children.set(step, node)
      }
      entries[node] = entry
    },

    longest(text: string, start: number, end: number): number {
      let node = 0
      let entry = entries[0] ?? 0
      for (let at = start; at < end; at++) {
        const next = children.get(node * TREE_WIDTH + (TOKEN_LOWER[text.charCodeAt(at)] ?? 0))
        if (next === undefined) break
        node = next
        if (entries[node] !== 0) entry = entries[node] ?? 0
      }
      return entry
    },
  }
}

/** Characters of a token are ASCII. */
const TREE_WIDTH = 128

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
