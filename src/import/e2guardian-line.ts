import type { Pattern } from '../rules/pattern.js'
import type { ListKind } from './e2guardian-kind.js'
import { nativePattern } from './host-regex.js'
import { IN_PART, urlRegex } from './url-regex.js'

export type E2guardianLine =
  | { readonly pattern: Pattern; readonly note?: string }
  | { readonly reason: string }
  /** `**`: every site that no other list names. */
  | { readonly isEverything: true }

/** One entry of a list. Sites and URLs take in all that is below the site. */
export function e2guardianLine(line: string, { of }: ListKind): E2guardianLine {
  const text = line.replace(/\s+#.*$/, '')
  if (text === '**') return { isEverything: true }
  // an expression, because ranges would be asked for what DNS answers too
  if (text === '*ip') return nativeRegex('^([0-9.]+|.*:.*)$')
  if (/^\*/.test(text)) return { reason: 'blankets for tunnels alone have no form here' }
  switch (of) {
    case 'site':
    case 'url':
      return nativePattern(withoutScheme(text, of))
    case 'address':
      return /^[\d.]+-[\d.]+$/.test(text)
        ? { reason: 'write the range as a prefix, 192.0.2.0/24' }
        : nativePattern(text)
    case 'regex': {
      const read = urlRegex(text)
      if ('reason' in read) return read
      return read.isPart ? { pattern: read.pattern, note: IN_PART } : { pattern: read.pattern }
    }
  }
}

function nativeRegex(source: string): E2guardianLine {
  return { pattern: { kind: 'regex', source } }
}

function withoutScheme(text: string, of: 'site' | 'url'): string {
  const bare = text.replace(/^https?:\/\//i, '').replace(/^www\./i, '')
  // would be read as a range
  const [, address, number] = /^([\d.]+)\/(\d+)$/.exec(bare) ?? []
  if (of === 'url' && address !== undefined) return `http://${address}/{${number},${number}/**}`
  // addresses have nothing below them
  return bare.startsWith('.') || /^[\d.]+(?:\/|$)/.test(bare) ? bare : `.${bare}`
}
