import { ERROR_CATALOG } from '../errors.js'
import { reasonFor } from './reason.js'
import type { Refusal } from './refusal-data.js'
import { remedyFor } from './remedy.js'
import { escapeHtml, shownUrl } from './shown-text.js'
import { statusPhrase } from './status-phrase.js'

/** No script, no request, no frame around it; the one style element is ours. */
export const PAGE_POLICY =
  "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

const START =
  '<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><meta name="robots" content="noindex">' +
  '<meta name="viewport" content="width=device-width"><meta name="referrer" content="no-referrer">'

const STYLE =
  '<style>body{font:16px/1.5 system-ui,sans-serif;max-width:42rem;margin:10vh auto;padding:0 1rem;color:#222;background:#fafafa}' +
  'h1{font-size:1.5rem}dt{color:#666;font-size:.85rem;margin-top:.8rem}dd{margin:0;overflow-wrap:anywhere}' +
  'code{background:#eee;padding:.1rem .3rem;border-radius:3px}' +
  '@media(prefers-color-scheme:dark){body{color:#ddd;background:#1b1b1b}code{background:#333}dt{color:#999}}</style></head>\n'

/** The page a person sees instead of a plain http document: what, why, which rule, and what to do. */
export function blockPage(refusal: Refusal): string {
  const { code, status, rule, cname, host, url, requestId, blockPage: settings } = refusal
  const heading = isPolicy(code) ? settings.title : statusPhrase(status)
  const remedy = remedyFor(refusal)

  let rows = row('Host', escapeHtml(host)) + row('Address', escapeHtml(shownUrl(url)))
  rows += row('Alias of', escapeHtml(cname ?? ''))
  rows += row('Why', escapeHtml(reasonFor(refusal)))
  if (rule !== null) {
    rows += row('Rule', `<code>${escapeHtml(rule.text)}</code> ${escapeHtml(`${rule.list}:${rule.line}`)}`)
    if (rule.reason !== undefined) rows += row('Its reason', escapeHtml(rule.reason))
  }
  if (remedy !== null) {
    const label = remedy.kind === 'rule' ? 'The line that would allow it' : 'The option that would allow it'
    rows += row(label, `<code>${escapeHtml(remedy.text)}</code>`)
  }
  rows += row('Contact', escapeHtml(settings.contact))
  rows += row('Request', escapeHtml(`${requestId} (${code})`))
  const title = escapeHtml(heading)
  return `${START}<title>${title}</title>${STYLE}<body><h1>${title}</h1>\n<dl>\n${rows}</dl></body></html>\n`
}

function row(label: string, content: string): string {
  return content === '' ? '' : `<dt>${label}</dt><dd>${content}</dd>\n`
}

/** Somebody decided this, as opposed to something that failed. */
function isPolicy(code: Refusal['code']): boolean {
  return ERROR_CATALOG[code].status === 403
}
