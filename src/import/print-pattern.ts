import { isIPv6 } from 'node:net'
import type { HostPattern, Pattern, UrlPattern } from '../rules/pattern.js'

/**
 * A pattern as native texts that together match what it matches; mostly one.
 * Undefined where the native grammar cannot say it: a range of addresses on one
 * port, one label more than a name on one port.
 *
 * @param except hosts to leave alone; only names with all below them can have such
 */
export function printPattern(pattern: Pattern, except?: readonly string[]): readonly string[] | undefined {
  if (except !== undefined) return printExcept(pattern, except)
  if (pattern.kind !== 'branches') {
    const text = printOne(pattern)
    return text === undefined ? undefined : [text]
  }
  const texts = pattern.branches.map((branch) => printPattern(branch))
  const flat = texts.flatMap((branch) => branch ?? [])
  if (texts.includes(undefined)) return undefined
  const braced = `{${flat.join(',')}}`
  return flat.length > MAX_BRANCHES || braced.length > MAX_PATTERN || flat.some((text) => /[,{}]/.test(text))
    ? flat
    : [braced]
}

function printExcept(pattern: Pattern, except: readonly string[]): readonly string[] | undefined {
  if (pattern.kind !== 'suffix' || pattern.reach !== 'all') return undefined
  const port = pattern.port === 0 ? '' : `:${pattern.port}`
  return [`||${pattern.suffix}${port}^$denyallow=${except.join('|')}`]
}

function printOne(pattern: Exclude<Pattern, { readonly kind: 'branches' }>): string | undefined {
  if (pattern.kind === 'regex') return `/${pattern.source}/`
  return pattern.kind === 'url' ? printUrl(pattern) : printHost(pattern)
}

function printHost(pattern: HostPattern): string | undefined {
  const port = pattern.port === 0 ? '' : `:${pattern.port}`
  switch (pattern.kind) {
    case 'host':
      return `${pattern.host}${port}`
    case 'suffix':
      if (pattern.reach !== 'child') return `${pattern.reach === 'all' ? '.' : '*.'}${pattern.suffix}${port}`
      // the native grammar has no form for one label more, regular expressions have no ports
      return port === '' ? `/^[^.]+\\.${pattern.suffix.replaceAll('.', '\\.')}$/` : undefined
    case 'glob':
      return `${pattern.glob}${port}`
    case 'address': {
      const { address, prefix, family } = pattern.cidr
      if (prefix !== (family === 4 ? 32 : 128)) return port === '' ? `${address}/${prefix}` : undefined
      return port !== '' && family === 6 ? `[${address}]${port}` : `${address}${port}`
    }
  }
}

function printUrl({ host, path, below }: UrlPattern): string | undefined {
  if (host.kind === 'suffix' && host.reach === 'child') return undefined
  const printed = printHost(host)
  if (printed === undefined || (host.kind === 'address' && printed.includes('/'))) return undefined
  const authority = isIPv6(printed) ? `[${printed}]` : printed
  if (!below) return `http://${authority}${path === '**' ? '' : path}`
  // `192.0.2.1/24` would be read as a range
  return host.kind === 'address' && /^\/\d+$/.test(path) ? undefined : `${authority}${path}`
}

/** Limits of the native grammar (rules/pattern.ts). */
const MAX_BRANCHES = 64
const MAX_PATTERN = 256
