import { ChunkedBody, type ChunkedOptions } from './chunked.js'
import { connectionOptions } from './connection-options.js'
import type { FieldTable } from './field-table.js'
import type { FieldRules } from './header-policy.js'
import {
  BODY_CHUNKED,
  BODY_LENGTH,
  BODY_NONE,
  BODY_UNTIL_CLOSE,
  type HeadLimits,
  parseRequestHead,
  type RequestHead,
} from './request-head.js'
import { parseResponseHead, type ResponseHead } from './response-head.js'
import { CR, LF, TOKEN_LOWER } from './syntax.js'

/** What `next()` found. */
export const NEED_DATA = 0
/** The head is complete: read it from the `head` given to the reader, before the next call. */
export const HEAD = 1
/** `reader.pieces` holds body octets in the form in which they go on. */
export const BODY = 2
export const END = 3
/** The peer broke HTTP; nothing behind this point has a meaning. */
export const BROKEN = 4

const IN_HEAD = 0
const IN_BODY = 1
const AFTER_BODY = 2
const FAILED = 3

const CRLF_CRLF = Buffer.from('\r\n\r\n')
const EMPTY = Buffer.alloc(0)
/** RFC 9112 §2.2: some clients send an empty line too many; a stream of them is something else. */
const MAX_EMPTY_LINES = 4

/** The part of a reader that differs between requests and responses. */
type HeadGrammar = {
  /** Parses a whole head; false when it is refused. */
  readonly parse: (text: string) => boolean
  readonly skipsEmptyLines: boolean
  /** Whether `bytes[start, lineEnd)` can be the first line: asked only while the head is not complete. */
  readonly isFirstLine: (bytes: Buffer, start: number, lineEnd: number) => boolean
  /** Says why a head that is not complete cannot become one. */
  readonly refuseEarly: (reason: 'syntax' | 'size' | 'line-size') => void
}

/**
 * The sans-I/O codec: bytes in by `receive`, events out by `next`, one message
 * after the other. Nothing is read ahead: whoever stops calling `next` holds
 * the rest back, so back-pressure and pipelining need no queue.
 */
export class MessageReader<H extends RequestHead | ResponseHead> {
  readonly head: H
  /** Body octets of the last `BODY` event. */
  pieces: Buffer[] = []
  /** What is wrong with a body, empty while nothing is. */
  fault = ''
  /** Take the framing off a chunked body (for a recipient that speaks HTTP/1.0). */
  decodeChunks = false

  readonly #limits: HeadLimits
  readonly #trailerRules: () => FieldRules
  readonly #grammar: HeadGrammar
  #state = IN_HEAD
  #bytes: Buffer = EMPTY
  #at = 0
  #searched = 0
  #emptyLines = 0
  #body = BODY_NONE
  #remaining = 0
  #chunked: ChunkedBody | undefined

  constructor(head: H, limits: HeadLimits, trailerRules: () => FieldRules, grammar: HeadGrammar) {
    this.head = head
    this.#limits = limits
    this.#trailerRules = trailerRules
    this.#grammar = grammar
  }

  /** Hands over bytes that arrived; they are read by `next` and must not be changed meanwhile. */
  receive(chunk: Buffer): void {
    const left = this.#bytes.length - this.#at
    this.#bytes = left === 0 ? chunk : Buffer.concat([this.#bytes.subarray(this.#at), chunk])
    this.#at = 0
    if (left === 0) this.#searched = 0
  }

  /** Octets received and not yet read. */
  get unread(): number {
    return this.#bytes.length - this.#at
  }

  /** True between two messages, with nothing of the next one received. */
  get isIdle(): boolean {
    return this.#state === IN_HEAD && this.unread === 0
  }

  /** True while a body has octets to come. */
  get isInBody(): boolean {
    return this.#state === IN_BODY
  }

  /** Takes out what was received and not read, for whoever goes on in another protocol. */
  takeUnread(): Buffer {
    const rest = this.#bytes.subarray(this.#at)
    this.#bytes = EMPTY
    this.#at = 0
    return rest
  }

  /** The peer sent FIN. Returns END when that is a proper end of the message, BROKEN when it cuts one, NEED_DATA between two. */
  finish(): number {
    if (this.#state === IN_BODY && this.#body === BODY_UNTIL_CLOSE) {
      this.#state = IN_HEAD
      return END
    }
    return this.#state === IN_HEAD && this.unread === 0 ? NEED_DATA : BROKEN
  }

  next(): number {
    switch (this.#state) {
      case IN_HEAD:
        return this.#readHead()
      case IN_BODY:
        return this.#readBody()
      case AFTER_BODY:
        this.pieces = []
        this.#state = IN_HEAD
        this.#searched = 0
        this.#emptyLines = 0
        return END
      default:
        return BROKEN
    }
  }

  #readHead(): number {
    if (this.#grammar.skipsEmptyLines && this.#bytes[this.#at] === CR) this.#skipEmptyLines()
    if (this.#at === this.#bytes.length) return this.#needData()
    const end = this.#bytes.indexOf(CRLF_CRLF, this.#at + this.#searched)
    if (end === -1) return this.#checkPartialHead()
    if (end + 4 - this.#at > this.#limits.headBytes) return this.#refuse(this.#sizeFault())

    const text = this.#bytes.toString('latin1', this.#at, end + 2)
    this.#at = end + 4
    if (!this.#grammar.parse(text)) {
      this.#state = FAILED
      return BROKEN
    }
    this.#startBody()
    return HEAD
  }

  #startBody(): void {
    // the head may be shared with other readers: what the body needs is copied out
    const { body, contentLength } = this.head
    this.#body = body
    this.#state = body === BODY_NONE ? AFTER_BODY : IN_BODY
    this.#chunked = body === BODY_CHUNKED ? new ChunkedBody(this.#chunkedOptions()) : undefined
    if (body === BODY_LENGTH) this.#remaining = contentLength
  }

  #chunkedOptions(): ChunkedOptions {
    return {
      decode: this.decodeChunks,
      trailerRules: this.#trailerRules,
      nominations: connectionOptions(this.head.fields),
      maxTrailerBytes: this.#limits.headBytes,
      maxTrailerFields: this.#limits.headFields,
    }
  }

  #readBody(): number {
    const bytes = this.#bytes
    const at = this.#at
    if (at === bytes.length) return this.#needData()
    this.pieces = []
    if (this.#chunked !== undefined) return this.#readChunks(this.#chunked)

    const left = bytes.length - at
    const take = this.#body === BODY_LENGTH ? Math.min(left, this.#remaining) : left
    this.pieces.push(at === 0 && take === bytes.length ? bytes : bytes.subarray(at, at + take))
    this.#at += take
    if (this.#body === BODY_LENGTH) {
      this.#remaining -= take
      if (this.#remaining === 0) this.#state = AFTER_BODY
    }
    return BODY
  }

  #readChunks(chunked: ChunkedBody): number {
    this.#at = chunked.read(this.#bytes, this.#at, this.pieces)
    if (chunked.broken !== '') {
      this.fault = chunked.broken
      this.#state = FAILED
      // what stood before the fault goes on all the same, as it would have in an earlier piece
      return this.pieces.length > 0 ? BODY : BROKEN
    }
    if (chunked.done) this.#state = AFTER_BODY
    return BODY
  }

  /** Lets go of what was read: a connection that waits shall not keep the buffer of its last message alive. */
  #needData(): number {
    this.#bytes = EMPTY
    this.#at = 0
    return NEED_DATA
  }

  #skipEmptyLines(): void {
    while (this.#bytes[this.#at] === CR && this.#bytes[this.#at + 1] === LF && this.#emptyLines < MAX_EMPTY_LINES) {
      this.#at += 2
      this.#emptyLines++
      this.#searched = 0
    }
  }

  /** Refuses at once what can no longer become a head, so that a wrong protocol gets its answer without a time-out. */
  #checkPartialHead(): number {
    const bytes = this.#bytes
    const length = bytes.length - this.#at
    if (length > this.#limits.headBytes) return this.#refuse(this.#sizeFault())
    const first = bytes[this.#at] ?? 0
    if ((TOKEN_LOWER[first] ?? 0) === 0 && !(first === CR && length === 1)) return this.#refuse('syntax')
    for (let i = this.#at + this.#searched; i < bytes.length; i++) {
      const c = bytes[i]
      if (c === 0 || (c === LF && bytes[i - 1] !== CR)) return this.#refuse('syntax')
      if (c === CR && i + 1 < bytes.length && bytes[i + 1] !== LF) return this.#refuse('syntax')
    }
    const lineEnd = bytes.indexOf(LF, this.#at)
    if (lineEnd >= this.#at + this.#searched && !this.#grammar.isFirstLine(bytes, this.#at, lineEnd)) {
      return this.#refuse('syntax')
    }
    this.#searched = Math.max(0, length - 3)
    return NEED_DATA
  }

  /** A first line that alone fills the head is a target that is too long, anything else a head that is too large. */
  #sizeFault(): 'line-size' | 'size' {
    const lineEnd = this.#bytes.indexOf(LF, this.#at)
    const lineBytes = (lineEnd === -1 ? this.#bytes.length : lineEnd) - this.#at
    return lineBytes > this.#limits.uriBytes ? 'line-size' : 'size'
  }

  #refuse(reason: 'syntax' | 'size' | 'line-size'): number {
    this.#grammar.refuseEarly(reason)
    this.#state = FAILED
    return BROKEN
  }
}

/** ` HTTP/d.d` and CR stand before the LF. HTTP/0.9 has no version, and nothing that would follow its line. */
function namesVersion(bytes: Buffer, start: number, lineEnd: number): boolean {
  return /^ HTTP\/\d\.\d\r$/.test(bytes.toString('latin1', Math.max(start, lineEnd - 10), lineEnd))
}

/**
 * Reads requests.
 *
 * @param head shared by all readers that are given the same one, and valid until the next `next()`
 * @param table asked at each message, so that a reload reaches open connections
 * @param trailerRules asked when trailers have come: by then it is known whose message it is
 */
export function createRequestReader(
  head: RequestHead,
  limits: HeadLimits,
  table: () => FieldTable,
  trailerRules: () => FieldRules,
): MessageReader<RequestHead> {
  return new MessageReader(head, limits, trailerRules, {
    skipsEmptyLines: true,
    isFirstLine: namesVersion,
    parse: (text) => parseRequestHead(text, limits, table(), head),
    refuseEarly(reason) {
      head.error =
        reason === 'syntax' ? 'VG_REQUEST_MALFORMED' : reason === 'size' ? 'VG_HEAD_TOO_LARGE' : 'VG_URI_TOO_LONG'
      head.detail = reason === 'syntax' ? 'this is not an HTTP/1.1 request' : ''
    },
  })
}

/** Reads the responses to requests whose method `methodOf` names at the time their head arrives. */
export function createResponseReader(
  head: ResponseHead,
  limits: HeadLimits,
  table: () => FieldTable,
  methodOf: () => string,
  trailerRules: () => FieldRules,
): MessageReader<ResponseHead> {
  return new MessageReader(head, limits, trailerRules, {
    skipsEmptyLines: false,
    isFirstLine: () => true,
    parse: (text) => parseResponseHead(text, limits, table(), methodOf(), head),
    refuseEarly(reason) {
      head.detail = reason === 'syntax' ? 'this is not an HTTP/1.x response' : 'the response head is too large'
    },
  })
}
