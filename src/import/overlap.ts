import { RE2JS } from 're2js'
import { parseCidr } from '../http/cidr.js'
import { portOf } from '../rules/decide.js'
import { globToRegex } from '../rules/glob-syntax.js'
import type { Branch } from '../rules/lint/lint-rule.js'
import type { HostPattern } from '../rules/pattern.js'

/**
 * False only where no target is matched by both patterns. Where that is hard to
 * know (two globs, a regular expression and a suffix) the answer is true.
 * Names and addresses do not meet here: what DNS answers is not a matter of text.
 */
export function mayOverlap(a: Branch, b: Branch): boolean {
  const [portA, portB] = [portOf(a), portOf(b)]
  if (portA !== 0 && portB !== 0 && portA !== portB) return false
  if (a.kind === 'url' && b.kind === 'url' && pathsDiffer(a.path, b.path)) return false
  return hostsMeet(a.kind === 'url' ? a.host : a, b.kind === 'url' ? b.host : b)
}

type HostSide = HostPattern | Extract<Branch, { readonly kind: 'regex' }>

function hostsMeet(a: HostSide, b: HostSide): boolean {
  if (a.kind === 'host') return nameMeets(a.host, b)
  if (b.kind === 'host') return nameMeets(b.host, a)
  if (a.kind === 'address' && b.kind === 'address') return rangesMeet(a.cidr, b.cidr)
  if (a.kind === 'address' || b.kind === 'address') return a.kind !== 'suffix' && b.kind !== 'suffix'
  if (a.kind === 'suffix' && b.kind === 'suffix')
    return isAtOrBelow(a.suffix, b.suffix) || isAtOrBelow(b.suffix, a.suffix)
  if (a.kind === 'regex' || b.kind === 'regex') return true
  return endsMeet(endOf(a), endOf(b)) && (a.kind !== 'glob' || b.kind !== 'glob' || startsMeet(a.glob, b.glob))
}

function nameMeets(host: string, other: HostSide): boolean {
  switch (other.kind) {
    case 'host':
      return host === other.host
    case 'suffix':
      return isAtOrBelow(host, other.suffix)
    case 'glob':
      return matches(`^${globToRegex(other.glob)}$`, host)
    case 'regex':
      return matches(other.source, host)
    case 'address':
      return false
  }
}

const compiled = new Map<string, RE2JS>()

function matches(source: string, host: string): boolean {
  const regex = compiled.get(source) ?? RE2JS.compile(source, RE2JS.CASE_INSENSITIVE)
  compiled.set(source, regex)
  return regex.test(host)
}

type Range = Extract<HostPattern, { readonly kind: 'address' }>['cidr']

/** Of two ranges that meet the longer lies in the shorter. */
function rangesMeet(a: Range, b: Range): boolean {
  if (a.family !== b.family) return false
  const [wide, narrow] = a.prefix <= b.prefix ? [a, b] : [b, a]
  return parseCidr(`${narrow.address}/${wide.prefix}`)?.address === wide.address
}

function isAtOrBelow(name: string, suffix: string): boolean {
  return name === suffix || name.endsWith(`.${suffix}`)
}

/** The text with which every match ends. */
function endOf(pattern: Extract<HostPattern, { readonly kind: 'suffix' | 'glob' }>): string {
  return pattern.kind === 'suffix' ? pattern.suffix : (/[^*?\]]*$/.exec(pattern.glob)?.[0] ?? '')
}

function endsMeet(a: string, b: string): boolean {
  return a.endsWith(b) || b.endsWith(a)
}

function startsMeet(a: string, b: string): boolean {
  const [startA = '', startB = ''] = [a, b].map((glob) => /^[^*?[]*/.exec(glob)?.[0] ?? '')
  return startA.startsWith(startB) || startB.startsWith(startA)
}

/** Two paths that differ before the first wildcard of either. */
function pathsDiffer(a: string, b: string): boolean {
  return !startsMeet(a, b)
}
