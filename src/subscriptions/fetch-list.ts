import { subtle } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { gunzip, isGzip } from '../config/gunzip.js'
import { ACCEPTED_CODINGS, decodeBody } from './decode-body.js'
import { FetchError, toFetchError } from './fetch-error.js'
import { type Answer, httpGet } from './http-get.js'
import type { ListEgress } from './open-connection.js'
import { createPatience } from './patience.js'
import type { Subscription } from './subscription.js'

/** As browsers give up at 20 and curl at 50, and no list server needs more than two. */
const MAX_REDIRECTS = 5
/** 64 MiB at 75 kB/s: a server that dribbles holds up the other lists no longer than this. */
const FETCH_TIMEOUT_MS = 15 * 60_000
const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308])

/** What the copy at hand was sent with, to ask only for something newer (RFC 9110 §13.1); empty for nothing. */
export type Validators = { readonly etag: string; readonly lastModified: string }

export type Fetched =
  | { readonly kind: 'unchanged' }
  | {
      readonly kind: 'list'
      /** Unpacked. */
      readonly text: Buffer
      /** Of the file as it is published, in hexadecimal. */
      readonly publishedSha256: string
      readonly contentType: string
      readonly validators: Validators
    }

export type FetchOptions = {
  /** Of the copy at hand; undefined where there is none. */
  readonly validators: Validators | undefined
  readonly signal: AbortSignal
}

/**
 * Asks for a list, through redirects, and takes off what it is packed in.
 *
 * @throws {FetchError} whatever the reason is; that of `signal` where it was aborted
 */
export async function fetchList(
  { url, maxBytes, ca, sha256 }: Pick<Subscription, 'url' | 'maxBytes' | 'ca' | 'sha256'>,
  egress: ListEgress,
  { validators, signal }: FetchOptions,
): Promise<Fetched> {
  const patience = createPatience(signal)
  patience.wait(FETCH_TIMEOUT_MS, 'the list does not end')
  try {
    const authorities = ca === undefined ? undefined : await readAuthorities(ca)
    const limits = { maxBytes, signal: patience.signal, ca: authorities }
    const { status, fields, body } = await followed(new URL(url), egress, validators, limits)
    if (status === 304 && validators !== undefined) return { kind: 'unchanged' }
    if (status !== 200) throw new FetchError(`the server answered ${status}`)
    const published = await decodeBody(body, fields['content-encoding'] ?? '', maxBytes)
    return {
      kind: 'list',
      text: isGzip(published) ? await gunzip(published, maxBytes) : published,
      publishedSha256: await digestOf(published, body, sha256),
      contentType: fields['content-type'] ?? '',
      validators: { etag: fields.etag ?? '', lastModified: fields['last-modified'] ?? '' },
    }
  } catch (error) {
    throw signal.aborted ? signal.reason : toFetchError(error)
  } finally {
    patience.end()
  }
}

type Limits = { readonly maxBytes: number; readonly signal: AbortSignal; readonly ca: string | undefined }

/** The answer at the end of the redirects. Credentials go to the server of the configured URL alone. */
async function followed(
  start: URL,
  egress: ListEgress,
  validators: Validators | undefined,
  limits: Limits,
): Promise<Answer> {
  let url = start
  for (let redirects = 0; ; redirects++) {
    const fields = {
      ...COMMON_FIELDS,
      ...conditions(validators),
      ...(url.origin === start.origin && credentials(start)),
    }
    const answer = await httpGet(url, egress, { ...limits, fields })
    if (!REDIRECTS.has(answer.status)) return answer
    if (redirects === MAX_REDIRECTS) throw new FetchError(`more than ${MAX_REDIRECTS} redirects`)
    url = redirected(url, answer.fields.location)
  }
}

function redirected(from: URL, location: string | undefined): URL {
  if (location === undefined || !URL.canParse(location, from.href)) throw new FetchError('a redirect to nowhere')
  const to = new URL(location, from)
  if (to.protocol !== 'https:' && to.protocol !== 'http:') throw new FetchError(`a redirect to ${to.protocol}`)
  if (from.protocol === 'https:' && to.protocol === 'http:') {
    throw new FetchError('a redirect from https to http: anybody on the way could change the list')
  }
  return to
}

/** No version and no system: a list server learns that veilgate asks, and no more. */
const COMMON_FIELDS = {
  'User-Agent': 'veilgate',
  Accept: '*/*',
  'Accept-Encoding': ACCEPTED_CODINGS,
  Connection: 'close',
} as const

function conditions(validators: Validators | undefined): Readonly<Record<string, string>> {
  if (validators === undefined) return {}
  const { etag, lastModified } = validators
  return {
    ...(etag !== '' && { 'If-None-Match': etag }),
    ...(lastModified !== '' && { 'If-Modified-Since': lastModified }),
  }
}

/** RFC 7617 */
function credentials({ username, password }: URL): Readonly<Record<string, string>> {
  if (username === '' && password === '') return {}
  const pair = `${decoded(username)}:${decoded(password)}`
  return { Authorization: `Basic ${Buffer.from(pair).toString('base64')}` }
}

/**
 * Of the file as it is published. Servers that call a `.gz` file a content coding make two
 * of it, and a download may be either: the digest that is wanted says which is meant.
 */
async function digestOf(published: Buffer, body: Buffer, wanted: string | undefined): Promise<string> {
  const digest = await sha256Of(published)
  const isOther = wanted !== undefined && wanted !== digest && body !== published && (await sha256Of(body)) === wanted
  return isOther ? wanted : digest
}

async function sha256Of(bytes: Buffer): Promise<string> {
  return Buffer.from(await subtle.digest('SHA-256', bytes)).toString('hex')
}

/** Percent signs that are no encoding stand for themselves. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

async function readAuthorities(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    throw new FetchError(`ca: ${path} cannot be read`, { cause: error })
  }
}
