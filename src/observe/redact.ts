/** Stands where a secret stood. */
const MASK = '***'

/** `scheme://anything@`: up to the last `@` before white space, because passwords hold every other character. */
const URL_CREDENTIALS = /(:\/\/)[^\s]*@/g
const URL_QUERY = /(\b[a-z][a-z0-9+.-]*:\/\/[^\s?]*\?)[^\s]+/gi
const SECRET_FIELD = /\b((?:proxy-)?authorization|(?:set-)?cookie2?|x-api-key|x-auth-token)("?\s*[:=]\s*)[^\r\n]+/gi

/** Text for people without credentials in URLs, query strings and fields that authenticate. Hides too much rather than too little. */
export function redactSecrets(text: string): string {
  return text
    .replace(SECRET_FIELD, `$1$2${MASK}`)
    .replace(URL_CREDENTIALS, `$1${MASK}@`)
    .replace(URL_QUERY, `$1${MASK}`)
}

/** A URL as it may be logged: without userinfo, query and fragment. */
export function strippedUrl(url: string): string {
  const bare = withoutQuery(url)
  const slashes = bare.indexOf('//')
  const authorityStart = slashes === -1 ? 0 : slashes + 2
  const pathStart = bare.indexOf('/', authorityStart)
  const at = bare.lastIndexOf('@', pathStart === -1 ? bare.length : pathStart)
  return at >= authorityStart ? bare.slice(0, authorityStart) + bare.slice(at + 1) : bare
}

/** A URL or path up to its fragment; a `?` stays where a query was, as Squid's `strip_query_terms` has it. */
export function withoutQuery(url: string): string {
  for (let i = 0; i < url.length; i++) {
    const c = url.charCodeAt(i)
    if (c === 0x3f) return url.slice(0, i + 1)
    if (c === 0x23) return url.slice(0, i)
  }
  return url
}
