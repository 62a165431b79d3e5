import { ERROR_CATALOG } from '../errors.js'
import { reasonFor } from './reason.js'
import type { Refusal } from './refusal-data.js'
import { remedyFor } from './remedy.js'
import { isMalformed } from './representation.js'
import { shownText } from './shown-text.js'

/**
 * The same as the block page, a line each, for CONNECT and for programs. What
 * could not be parsed is answered in one line that repeats nothing of it.
 */
export function plainText(refusal: Refusal): string {
  const { code, host, rule, cname, requestId, blockPage } = refusal
  if (isMalformed(code)) return `veilgate: ${ERROR_CATALOG[code].summary}\n`

  const lines = [`veilgate: ${reasonFor(refusal)}`]
  if (host !== '') lines.push(`host: ${host}`)
  if (cname !== undefined) lines.push(`alias of: ${cname}`)
  if (rule !== null) {
    lines.push(`rule: ${rule.list}:${rule.line}  ${rule.text}${rule.reason === undefined ? '' : `  # ${rule.reason}`}`)
  }
  const remedy = remedyFor(refusal)
  if (remedy !== null) lines.push(`to allow it: ${remedy.text}`)
  if (blockPage.contact !== '') lines.push(`contact: ${blockPage.contact}`)
  lines.push(`request: ${requestId} (${code})`)
  return `${lines.map(shownText).join('\n')}\n`
}
