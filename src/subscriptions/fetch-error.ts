import { ProxyError } from '../errors.js'

/** Why a list could not be fetched, as a sentence for people without secrets. */
export class FetchError extends Error {
  override readonly name = 'FetchError'
}

/** What a failed connection, TLS handshake, answer or file means for a person. */
export function toFetchError(error: unknown): FetchError {
  if (error instanceof FetchError) return error
  if (error instanceof ProxyError) {
    const hint = error.code === 'VG_ADDRESS_PROHIBITED' ? ' (egress.guard.allow opens it)' : ''
    return new FetchError(`${error.message}${hint}`, { cause: error })
  }
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  const message = error instanceof Error ? error.message : String(error)
  return new FetchError(MEANINGS[code] ?? (code.startsWith('HPE_') ? BROKEN_HTTP : message), { cause: error })
}

const BROKEN_HTTP = 'the server breaks the HTTP protocol'

const MEANINGS: Readonly<Record<string, string>> = {
  ECONNRESET: 'the connection broke off',
  EPIPE: 'the connection broke off',
  ERR_STREAM_PREMATURE_CLOSE: 'the connection broke off',
  CERT_HAS_EXPIRED: 'the certificate of the server has expired',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'nobody trusted vouches for the certificate of the server (ca: names an authority)',
  SELF_SIGNED_CERT_IN_CHAIN: 'nobody trusted vouches for the certificate of the server (ca: names an authority)',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    'nobody trusted vouches for the certificate of the server (ca: names an authority)',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'nobody trusted vouches for the certificate of the server (ca: names an authority)',
  ERR_TLS_CERT_ALTNAME_INVALID: 'the certificate of the server is for another name',
}
