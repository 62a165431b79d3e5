import type { FieldRules } from './header-policy.js'
import { CR, LF, TOKEN_LOWER, VALUE_CHAR } from './syntax.js'
import { keptTrailers } from './trailers.js'

const SEMICOLON = 0x3b
const EQUALS = 0x3d
const DQUOTE = 0x22
const BACKSLASH = 0x5c

const SIZE_FIRST = 0
const SIZE = 1
const SIZE_LF = 2
const EXT_NAME_FIRST = 3
const EXT_NAME = 4
const EXT_VALUE_FIRST = 5
const EXT_VALUE = 6
const EXT_QUOTED = 7
const EXT_ESCAPED = 8
const EXT_QUOTED_END = 9
const DATA = 10
const DATA_CR = 11
const DATA_LF = 12
const TRAILERS = 13
const DONE = 14
const BROKEN = 15

/** 2^48 octets: far beyond any body, far below where a double stops being exact. */
const MAX_SIZE_DIGITS = 12
/** Extensions carry nothing we pass on; a sender that spends this much more on them than on data is attacking (CVE-2024-22019). */
const MAX_EXTENSION_BYTES = 4_096

export type ChunkedOptions = {
  /** Pass the data on without the framing, for a recipient that speaks HTTP/1.0. */
  readonly decode: boolean
  /** What happens to fields of trailers; asked when they have come. */
  readonly trailerRules: () => FieldRules
  /** The `Connection` options of the head. */
  readonly nominations: string
  readonly maxTrailerBytes: number
  readonly maxTrailerFields: number
}

/**
 * A chunked body (RFC 9112 §7.1) read strictly and passed on as it came, but
 * for its extensions, which are dropped, and its trailers, which pass the same
 * table as the head.
 */
export class ChunkedBody {
  broken = ''
  #state = SIZE_FIRST
  #size = 0
  #digits = 0
  #extensionBytes = 0
  #trailers: Buffer = EMPTY
  readonly #options: ChunkedOptions

  constructor(options: ChunkedOptions) {
    this.#options = options
  }

  get done(): boolean {
    return this.#state === DONE
  }

  /**
   * Reads on in `chunk` from `at`.
   * @param out gets what goes on, as slices of `chunk` where that is possible
   * @returns the index behind what was read: the end of the chunk, or of the body
   */
  read(chunk: Buffer, at: number, out: Buffer[]): number {
    const { decode } = this.#options
    const end = chunk.length
    // [kept, i) has been read and goes on as it stands; -1 while nothing of it does
    let kept = decode || this.#isSkipping() ? -1 : at
    let i = at
    while (i < end) {
      if (this.#state === DATA) {
        const take = Math.min(this.#size, end - i)
        if (decode) out.push(chunk.subarray(i, i + take))
        this.#size -= take
        i += take
        if (this.#size === 0) this.#state = DATA_CR
        continue
      }
      if (this.#state === TRAILERS) {
        if (kept !== -1) push(out, chunk, kept, i)
        return this.#readTrailers(chunk, i, out)
      }
      const c = chunk[i] ?? 0
      const wasSkipping = this.#isSkipping()
      const state = this.#step(c)
      if (state === BROKEN) break
      this.#state = state
      if (!decode) {
        const isSkipping = this.#isSkipping()
        if (isSkipping && !wasSkipping) {
          push(out, chunk, kept, i)
          kept = -1
        } else if (wasSkipping && !isSkipping) kept = i
      }
      i++
    }
    if (kept !== -1) push(out, chunk, kept, i)
    return i
  }

  #isSkipping(): boolean {
    return this.#state >= EXT_NAME_FIRST && this.#state <= EXT_QUOTED_END
  }

  /** The state after octet `c` of a size line or of the CRLF behind data. */
  #step(c: number): number {
    switch (this.#state) {
      case SIZE_FIRST:
      case SIZE:
        return this.#stepSize(c)
      case SIZE_LF:
        if (c !== LF) return this.#fail('a chunk size line does not end in CRLF')
        this.#extensionBytes = Math.max(0, this.#extensionBytes - this.#size)
        return this.#size === 0 ? TRAILERS : DATA
      case DATA_CR:
        return c === CR ? DATA_LF : this.#fail('chunk data is longer than its size')
      case DATA_LF:
        if (c !== LF) return this.#fail('chunk data does not end in CRLF')
        this.#size = 0
        this.#digits = 0
        return SIZE_FIRST
      default:
        return this.#stepExtension(c)
    }
  }

  #stepSize(c: number): number {
    const digit = hexDigit(c)
    if (digit >= 0) {
      if (++this.#digits > MAX_SIZE_DIGITS) return this.#fail('a chunk size is too large')
      this.#size = this.#size * 16 + digit
      return SIZE
    }
    if (this.#state === SIZE_FIRST) return this.#fail('a chunk size is missing')
    if (c === CR) return SIZE_LF
    return c === SEMICOLON ? EXT_NAME_FIRST : this.#fail('a chunk size is malformed')
  }

  /** chunk-ext = *( ";" name [ "=" ( token / quoted-string ) ] ), without the white space that RFC 9112 §7.1.1 calls bad. */
  #stepExtension(c: number): number {
    if (++this.#extensionBytes > MAX_EXTENSION_BYTES) return this.#fail('chunk extensions are too long')
    const isToken = (TOKEN_LOWER[c] ?? 0) !== 0
    switch (this.#state) {
      case EXT_NAME_FIRST:
        return isToken ? EXT_NAME : this.#fail('a chunk extension is malformed')
      case EXT_NAME:
        if (isToken) return EXT_NAME
        return c === EQUALS ? EXT_VALUE_FIRST : this.#endOfExtension(c)
      case EXT_VALUE_FIRST:
        if (c === DQUOTE) return EXT_QUOTED
        return isToken ? EXT_VALUE : this.#fail('a chunk extension is malformed')
      case EXT_VALUE:
        return isToken ? EXT_VALUE : this.#endOfExtension(c)
      case EXT_QUOTED:
        if (c === DQUOTE) return EXT_QUOTED_END
        if (c === BACKSLASH) return EXT_ESCAPED
        return VALUE_CHAR[c] === 1 ? EXT_QUOTED : this.#fail('a chunk extension is malformed')
      case EXT_ESCAPED:
        return VALUE_CHAR[c] === 1 ? EXT_QUOTED : this.#fail('a chunk extension is malformed')
      default:
        return this.#endOfExtension(c)
    }
  }

  #endOfExtension(c: number): number {
    if (c === CR) return SIZE_LF
    return c === SEMICOLON ? EXT_NAME_FIRST : this.#fail('a chunk extension is malformed')
  }

  /** Trailers are held back until they are complete, and then go on filtered. */
  #readTrailers(chunk: Buffer, at: number, out: Buffer[]): number {
    const { maxTrailerBytes, maxTrailerFields, trailerRules, nominations, decode } = this.#options
    const held = this.#trailers
    const all = held.length === 0 ? chunk.subarray(at) : Buffer.concat([held, chunk.subarray(at)])
    // a sender may drip: what was searched before is not searched again
    const searched = Math.max(0, held.length - 3)
    const end = endOfTrailers(all, searched)
    if (end === -1) {
      this.#trailers = all.length === chunk.length - at ? Buffer.from(all) : all
      if (all.length > maxTrailerBytes) this.#fail('the trailers are too long')
      else if (hasBareLineEnd(all, searched)) this.#fail('a trailer line does not end in CRLF')
      return chunk.length
    }
    const text =
      end > maxTrailerBytes
        ? undefined
        : keptTrailers(all.toString('latin1', 0, end - 2), maxTrailerFields, trailerRules(), nominations)
    if (text === undefined) {
      this.#fail('the trailers are malformed or too long')
      return at
    }
    if (!decode) out.push(Buffer.from(`${text}\r\n`, 'latin1'))
    this.#trailers = EMPTY
    this.#state = DONE
    return at + end - held.length
  }

  #fail(why: string): number {
    this.broken = why
    this.#state = BROKEN
    return BROKEN
  }
}

const EMPTY = Buffer.alloc(0)
const CRLF_CRLF = Buffer.from('\r\n\r\n')

/** Behind the empty line that ends the trailers, -1 while it has not come. */
function endOfTrailers(bytes: Buffer, from: number): number {
  if (bytes[0] === CR && bytes[1] === LF) return 2
  const end = bytes.indexOf(CRLF_CRLF, from)
  return end === -1 ? -1 : end + 4
}

function hasBareLineEnd(bytes: Buffer, from: number): boolean {
  for (let i = bytes.indexOf(LF, from); i !== -1; i = bytes.indexOf(LF, i + 1)) if (bytes[i - 1] !== CR) return true
  return false
}

function push(out: Buffer[], chunk: Buffer, from: number, to: number): void {
  if (to > from) out.push(from === 0 && to === chunk.length ? chunk : chunk.subarray(from, to))
}

function hexDigit(c: number): number {
  if (c >= 0x30 && c <= 0x39) return c - 0x30
  if (c >= 0x61 && c <= 0x66) return c - 0x57
  if (c >= 0x41 && c <= 0x46) return c - 0x37
  return -1
}
