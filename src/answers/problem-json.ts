import { reasonFor } from './reason.js'
import type { Refusal } from './refusal-data.js'
import { remedyFor } from './remedy.js'
import { statusPhrase } from './status-phrase.js'

/**
 * The body of `application/problem+json` (RFC 9457 §3). `type` names the code
 * of docs/errors.md, `instance` the exchange in the access log; `host`, `cname`
 * (where there is one), `rule` and `remedy` are members of our own.
 */
export function problemJson(refusal: Refusal): string {
  const { code, status, host, rule, cname, requestId } = refusal
  return `${JSON.stringify({
    type: `urn:veilgate:error:${code}`,
    title: statusPhrase(status),
    status,
    detail: reasonFor(refusal),
    instance: `urn:veilgate:request:${encodeURIComponent(requestId)}`,
    host,
    cname,
    rule: rule === null ? null : { list: rule.list, line: rule.line, text: rule.text, reason: rule.reason ?? null },
    remedy: remedyFor(refusal)?.text ?? null,
  })}\n`
}
