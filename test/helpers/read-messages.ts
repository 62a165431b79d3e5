import { createFieldTable } from '../../src/http/field-table.js'
import { fieldName, fieldValue, type HeadFields } from '../../src/http/head-fields.js'
import type { FieldRules } from '../../src/http/header-policy.js'
import {
  BODY,
  BROKEN,
  createRequestReader,
  createResponseReader,
  END,
  HEAD,
  NEED_DATA,
} from '../../src/http/message-reader.js'
import { createRequestHead, type HeadLimits } from '../../src/http/request-head.js'
import { createResponseHead } from '../../src/http/response-head.js'
import { parseTarget } from '../../src/http/target.js'

export const LIMITS: HeadLimits = { headBytes: 65_536, headFields: 512, uriBytes: 16_384 }
export const PLAIN_TABLE = createFieldTable()
/** Nothing is done with any field. */
export const PLAIN_RULES: FieldRules = { table: PLAIN_TABLE, acts: new Uint8Array(PLAIN_TABLE.names.length) }

/** One message as somebody read it. Texts are latin1, the body without its framing. */
export type ReadMessage = {
  /** `GET http://a/ 1` or `200 1`: method and target or status, and the minor version. */
  readonly start: string
  readonly fields: readonly (readonly [string, string])[]
  body: string
  /** Its end was read, so that what follows is another message. */
  ended: boolean
}

export type Reading = {
  readonly messages: ReadMessage[]
  /**
   * `clean`: every octet belongs to a complete message. `cut`: the end of input fell into a message. `refused`: the
   * bytes break HTTP. `stopped`: another protocol, another connection or an answer of ours takes over.
   */
  end: 'clean' | 'cut' | 'refused' | 'stopped'
  /** Why, where the reader says so. */
  why: string
}

/** How bytes reach a reader: in one piece, one by one, or in pieces of the lengths given, over and over. */
export type Pieces = 'whole' | 'bytes' | readonly number[]

export type ReadOptions = {
  readonly pieces?: Pieces
  readonly limits?: HeadLimits
  /** The body stays in the form in which it goes on. */
  readonly keepsFraming?: boolean
  /** Also judge the target, and stop where it is refused. */
  readonly judgesTargets?: boolean
  /** The peer sends no more after these bytes; true unless told. */
  readonly finishes?: boolean
}

/** Reads what a client sends, as the transport does: up to a tunnel, an upgrade, or the last request of the connection. */
export function readRequests(bytes: string | Buffer, options: ReadOptions = {}): Reading {
  const limits = options.limits ?? LIMITS
  const head = createRequestHead(limits)
  const reader = createRequestReader(
    head,
    limits,
    () => PLAIN_TABLE,
    () => PLAIN_RULES,
  )
  reader.decodeChunks = options.keepsFraming !== true
  return read(reader, bytes, options, {
    why: () => `${head.error ?? ''} ${head.detail}`,
    open() {
      if (options.judgesTargets === true) {
        const target = parseTarget(head.method, head.target)
        if (typeof target === 'string') return target
      }
      return { start: `${head.method} ${head.target} ${head.minor}`, fields: fieldsOf(head.fields) }
    },
    stopsAtHead: () => head.method === 'CONNECT' || head.upgrade,
    stopsAtEnd: () => !head.keepAlive,
  })
}

/** Reads what an origin sends to requests with these methods, the last of them for all that follow. */
export function readResponses(
  bytes: string | Buffer,
  methods: readonly string[] = ['GET'],
  options: ReadOptions = {},
): Reading {
  const limits = options.limits ?? LIMITS
  const head = createResponseHead(limits)
  let answered = 0
  const reader = createResponseReader(
    head,
    limits,
    () => PLAIN_TABLE,
    () => methods[answered] ?? methods.at(-1) ?? '',
    () => PLAIN_RULES,
  )
  reader.decodeChunks = options.keepsFraming !== true
  return read(reader, bytes, options, {
    why: () => head.detail,
    open() {
      if (head.status >= 200) answered++
      return { start: `${head.status} ${head.minor}`, fields: fieldsOf(head.fields) }
    },
    stopsAtHead: () => head.status === 101,
    stopsAtEnd: () => head.status >= 200 && !head.keepAlive,
  })
}

type Driver = {
  readonly why: () => string
  /** What a head says, or why it is refused. */
  readonly open: () => Pick<ReadMessage, 'start' | 'fields'> | string
  readonly stopsAtHead: () => boolean
  readonly stopsAtEnd: () => boolean
}

type Reader = ReturnType<typeof createRequestReader> | ReturnType<typeof createResponseReader>

function read(reader: Reader, bytes: string | Buffer, options: ReadOptions, driver: Driver): Reading {
  const reading: Reading = { messages: [], end: 'clean', why: '' }
  for (const piece of split(
    typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes,
    options.pieces ?? 'whole',
  )) {
    reader.receive(piece)
    if (!drain(reader, reading, driver)) return reading
  }
  if (options.finishes === false) return reading
  const last = reading.messages.at(-1)
  const finished = reader.finish()
  if (finished === END && last !== undefined) last.ended = true
  if (finished === BROKEN) reading.end = 'cut'
  return reading
}

/** Calls `next` until it wants more bytes; false when nothing more shall be read. */
function drain(reader: Reader, reading: Reading, driver: Driver): boolean {
  for (;;) {
    const event = reader.next()
    const message = reading.messages.at(-1)
    if (event === NEED_DATA) return true
    if (event === BROKEN) return end(reading, 'refused', reader.fault || driver.why())
    if (event === HEAD) {
      const opened = driver.open()
      if (typeof opened === 'string') return end(reading, 'refused', opened)
      reading.messages.push({ ...opened, body: '', ended: false })
      if (driver.stopsAtHead()) return end(reading, 'stopped', '')
    } else if (message === undefined) {
      throw new Error('a body or an end came before any head')
    } else if (event === BODY) {
      message.body += Buffer.concat(reader.pieces).toString('latin1')
    } else {
      message.ended = true
      if (driver.stopsAtEnd()) return end(reading, 'stopped', '')
    }
  }
}

function end(reading: Reading, how: Reading['end'], why: string): false {
  reading.end = how
  reading.why = why.trim()
  return false
}

function fieldsOf(fields: HeadFields): [string, string][] {
  return Array.from({ length: fields.count }, (_, i) => [fieldName(fields, i), fieldValue(fields, i)])
}

/** Each piece is a copy of its own, as it is when it comes off a socket. */
export function split(bytes: Buffer, pieces: Pieces): Buffer[] {
  if (pieces === 'whole') return [bytes]
  const lengths = pieces === 'bytes' ? [1] : pieces
  const out: Buffer[] = []
  for (let at = 0, i = 0; at < bytes.length; i++) {
    const length = Math.max(1, lengths[i % lengths.length] ?? 1)
    out.push(Buffer.from(bytes.subarray(at, at + length)))
    at += length
  }
  return out
}
