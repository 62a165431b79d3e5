import { ERROR_CATALOG } from '../errors.js'
import type { Refusal } from './refusal-data.js'

/** How an answer is told: a page for people, problem+json (RFC 9457) for programs, text where neither is looked at. */
export type Representation = 'html' | 'problem' | 'text'

/** Destinations whose answer a person sees (Fetch Metadata). */
const SEEN_DESTINATIONS: ReadonlySet<string> = new Set(['', 'document', 'iframe', 'frame', 'embed', 'object'])

/**
 * CONNECT refusals are text: browsers never show them. What could not be read
 * gets text too, because its `Accept` cannot be trusted to be one.
 */
export function chooseRepresentation({ code, method, form, accept, secFetchDest }: Refusal): Representation {
  if (method === 'CONNECT' || form !== 'absolute' || isMalformed(code)) return 'text'
  const dest = secFetchDest.toLowerCase()
  if (dest === 'empty') return 'problem'

  const wanted = readAccept(accept)
  if (wanted.json > wanted.html) return 'problem'
  return SEEN_DESTINATIONS.has(dest) && (wanted.html > 0 || wanted.anything) ? 'html' : 'text'
}

/** The request itself was at fault, so nothing of it is repeated. */
export function isMalformed(code: Refusal['code']): boolean {
  return ERROR_CATALOG[code].proxyStatus === 'http_request_error'
}

type Wanted = { readonly html: number; readonly json: number; readonly anything: boolean }

/** Browsers send a handful of values; more than this many begin anew. */
const MAX_KNOWN = 64
const known = new Map<string, Wanted>()

/** Weights of the named types in `Accept` (RFC 9110 §12.5.1); without the field everything is wanted. */
function readAccept(accept: string): Wanted {
  const before = known.get(accept)
  if (before !== undefined) return before
  const wanted = parseAccept(accept)
  if (known.size === MAX_KNOWN) known.clear()
  // a slice of a head would keep the whole head alive
  if (accept.length <= MAX_KNOWN_LENGTH) known.set(Buffer.from(accept, 'latin1').toString('latin1'), wanted)
  return wanted
}

const MAX_KNOWN_LENGTH = 512

function parseAccept(accept: string): Wanted {
  if (accept.trim() === '') return { html: 0, json: 0, anything: true }
  let html = 0
  let json = 0
  let anything = false
  for (const range of accept.toLowerCase().split(',')) {
    const [type = '', ...parameters] = range.split(';').map((part) => part.trim())
    const weight = weightOf(parameters)
    if (weight === 0) continue
    if (type === 'text/html' || type === 'application/xhtml+xml') html = Math.max(html, weight)
    else if (/^application\/(?:[^/]*\+)?json$/.test(type)) json = Math.max(json, weight)
    else if (type === '*/*' || type === 'text/*') anything = true
  }
  return { html, json, anything }
}

function weightOf(parameters: readonly string[]): number {
  const q = parameters.find((parameter) => parameter.startsWith('q='))
  if (q === undefined) return 1
  const weight = Number(q.slice(2))
  return weight >= 0 && weight <= 1 ? weight : 0
}
