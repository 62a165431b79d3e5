import { ERROR_CATALOG } from '../errors.js'
import { blockPage, PAGE_POLICY } from './block-page.js'
import { plainText } from './plain-text.js'
import { problemJson } from './problem-json.js'
import { proxyStatus } from './proxy-status.js'
import type { Refusal } from './refusal-data.js'
import { chooseRepresentation, type Representation } from './representation.js'
import { statusPhrase } from './status-phrase.js'

const CONTENT_TYPES: Readonly<Record<Representation, string>> = {
  html: 'text/html; charset=utf-8',
  problem: 'application/problem+json',
  text: 'text/plain; charset=utf-8',
}

/** Seconds to wait when a limit is reached: connections end all the time, so the shortest that is not at once. */
const RETRY_AFTER_SECONDS = 1

export type RenderedRefusal = {
  /** Status line, fields and body: a text, because a socket takes it as it is. */
  readonly text: string
  /** Octets of the text in UTF-8. */
  readonly bytes: number
  readonly contentType: string
}

/**
 * One complete refusal (contract §3).
 * The answer to HEAD has the same fields and no body (RFC 9110 §9.3.2).
 */
export function renderRefusal(refusal: Refusal): RenderedRefusal {
  const representation = chooseRepresentation(refusal)
  const contentType = CONTENT_TYPES[representation]
  const body = renderBody(refusal, representation)
  const bodyBytes = Buffer.byteLength(body, 'utf8')
  const head = renderHead(refusal, representation, bodyBytes)
  if (refusal.method === 'HEAD') return { text: head, bytes: head.length, contentType }
  // the head is ASCII
  return { text: head + body, bytes: head.length + bodyBytes, contentType }
}

/** True when the connection ends with this answer; the client is told so. */
export function refusalCloses({ code, keepAlive }: Refusal): boolean {
  return ERROR_CATALOG[code].closes || !keepAlive
}

function renderBody(refusal: Refusal, representation: Representation): string {
  switch (representation) {
    case 'html':
      return blockPage(refusal)
    case 'problem':
      return problemJson(refusal)
    case 'text':
      return plainText(refusal)
  }
}

function renderHead(refusal: Refusal, representation: Representation, bodyBytes: number): string {
  const { status, date } = refusal
  const isOverload = ERROR_CATALOG[refusal.code].proxyStatus === 'connection_limit_reached'
  return (
    `HTTP/1.1 ${status} ${statusPhrase(status)}\r\n` +
    `Date: ${date}\r\n` +
    `Content-Type: ${CONTENT_TYPES[representation]}\r\n` +
    `Content-Length: ${bodyBytes}\r\n` +
    'Cache-Control: no-store\r\n' +
    'X-Content-Type-Options: nosniff\r\n' +
    (representation === 'html'
      ? `Content-Security-Policy: ${PAGE_POLICY}\r\nX-Robots-Tag: noindex\r\nReferrer-Policy: no-referrer\r\n`
      : '') +
    `Proxy-Status: ${proxyStatus(refusal)}\r\n` +
    (isOverload ? `Retry-After: ${RETRY_AFTER_SECONDS}\r\n` : '') +
    `Connection: ${refusalCloses(refusal) ? 'close' : 'keep-alive'}\r\n\r\n`
  )
}
