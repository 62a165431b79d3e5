import { ERROR_CATALOG } from '../errors.js'
import type { Refusal } from './refusal-data.js'

/** Longest `details`: the field is for a person to read, and clients limit the size of a head. */
const MAX_DETAILS = 256

/** Names of DNS RCODEs (IANA) that a resolver meets in answers to plain queries. */
const RCODES: ReadonlySet<string> = new Set([
  'NOERROR',
  'FORMERR',
  'SERVFAIL',
  'NXDOMAIN',
  'NOTIMP',
  'REFUSED',
  'YXDOMAIN',
  'NOTAUTH',
  'NOTZONE',
  'BADVERS',
])

/**
 * Value of `Proxy-Status` (RFC 9209 §2): this proxy's name, the error type and
 * why. `details` is `list:line` for a rule, and the canonical name it is about. For `dns_error`, a detail that
 * begins with the name of an RCODE becomes `rcode`, a String (§2.3.2).
 */
export function proxyStatus({ code, rule, cname, detail }: Refusal): string {
  const error = ERROR_CATALOG[code].proxyStatus
  const status = `veilgate; error=${error}`
  if (rule !== null) {
    const via = cname === undefined ? '' : ` via CNAME ${cname}`
    return `${status}; details=${sfString(`${rule.list}:${rule.line}${via}`)}`
  }
  if (detail === null || detail === '') return status

  if (error === 'dns_error') {
    const rcode = /^[A-Z]+/.exec(detail)?.[0] ?? ''
    if (RCODES.has(rcode)) {
      const withRcode = `${status}; rcode=${sfString(rcode)}`
      return rcode === detail ? withRcode : `${withRcode}; details=${sfString(detail)}`
    }
  }
  return `${status}; details=${sfString(detail)}`
}

/** What a String holds as it is. */
const PLAIN = /^[ !#-[\]-~]*$/

/** A String of RFC 9651 §4.1.6: quotes and backslashes escaped; what it cannot hold becomes `?`. */
export function sfString(text: string): string {
  if (text.length <= MAX_DETAILS && PLAIN.test(text)) return `"${text}"`
  const ascii = text.slice(0, MAX_DETAILS).replace(/[^\x20-\x7e]/gu, '?')
  return `"${ascii.replace(/["\\]/g, '\\$&')}"`
}
