import { isIP } from 'node:net'
import { domainToASCII } from 'node:url'
import { canonicalHost, parsePort } from '../http/authority.js'
import { type Cidr, parseCidr } from '../http/cidr.js'
import { branchCount, expandBraces } from './braces.js'
import { hasWildcard, syntaxOfGlob } from './glob-syntax.js'
import { canonicalPathPattern } from './url-path.js'

/** What a rule is about, in canonical form. `port` 0 is any port. */
export type Pattern = HostPattern | UrlPattern | RegexPattern | BranchesPattern

export type HostPattern =
  | { readonly kind: 'host'; readonly host: string; readonly port: number }
  | { readonly kind: 'suffix'; readonly suffix: string; readonly reach: SuffixReach; readonly port: number }
  | { readonly kind: 'address'; readonly cidr: Cidr; readonly port: number }
  | { readonly kind: 'glob'; readonly glob: string; readonly port: number }

/** `all`: the apex and every subdomain; `below`: subdomains only; `child`: exactly one label more. */
export type SuffixReach = 'all' | 'below' | 'child'

export type UrlPattern = {
  readonly kind: 'url'
  readonly host: HostPattern
  /** Glob over path and query; `**` is any. */
  readonly path: string
  /** The path also stands for everything below it. */
  readonly below: boolean
}

/** RE2 syntax, searched in the host, case ignored. */
export type RegexPattern = { readonly kind: 'regex'; readonly source: string }

/** What braces expand to: matches where any branch does. */
export type BranchesPattern = { readonly kind: 'branches'; readonly branches: readonly Pattern[] }

/** Why a text is no pattern, with the offset in it. */
export type PatternProblem = {
  readonly kind: 'problem'
  readonly code: 'syntax' | 'invalid-name'
  readonly at: number
  readonly message: string
  readonly fix: string
}

/** Longer than any host with its port (253 + 6), so that what is refused cannot be a name. */
const MAX_PATTERN = 256
const MAX_BRANCHES = 64

/**
 * One token of the native grammar: name, `.x`, `*.x`, `+.x`, glob, address,
 * CIDR, `host/path`, or a URL; each with an optional port.
 */
export function parsePattern(text: string): Pattern | PatternProblem {
  if (text.length > MAX_PATTERN) {
    return problem(0, `a pattern of ${text.length} characters`, `at most ${MAX_PATTERN} are read`)
  }
  if (text.charCodeAt(0) === 0x21) {
    return problem(0, 'a leading `!` does not turn a pattern round', 'write `allow PATTERN` to make an exception')
  }
  if (text.includes('{') || text.includes('}')) return parseBranches(text)
  const scheme = /^([a-z][a-z0-9+.-]*|\*):\/\//i.exec(text)
  if (scheme !== null) return parseUrl(text, scheme[0].length)
  const slash = text.indexOf('/')
  if (slash === -1) return parseHostPort(text)
  return parseCidrToken(text, slash) ?? urlOf(text, 0, slash, true)
}

/** A host pattern with an optional port: `x:8080`, `[2001:db8::1]:443`. */
export function parseHostPort(text: string): HostPattern | PatternProblem {
  const colon = portColon(text)
  if (colon === -1) return parseHostPattern(text, 0)
  const port = parsePort(text.slice(colon + 1))
  if (port === 0) return problem(colon + 1, `\`${text.slice(colon + 1)}\` is no port`, 'write a number from 1 to 65535')
  return parseHostPattern(text.slice(0, colon), port)
}

function parseHostPattern(text: string, port: number): HostPattern | PatternProblem {
  if (text === '') return problem(0, 'the host is missing', 'write a host name, for example `ads.example`')
  if (isIPv6Literal(text)) return nameOrAddress(text, port)

  if (text.startsWith('.') || text.startsWith('+.')) {
    return suffixOrGlob(text.slice(text.indexOf('.') + 1), 'all', port, text.indexOf('.') + 1)
  }
  if (/^\*+\./.test(text)) {
    const start = text.indexOf('.') + 1
    if (!hasWildcard(text.slice(start))) return suffixOrGlob(text.slice(start), 'below', port, start)
  }
  return hasWildcard(text) ? parseGlob(text, port) : nameOrAddress(text, port)
}

function nameOrAddress(text: string, port: number): HostPattern | PatternProblem {
  const host = canonicalHost(text)
  if (host === undefined) return invalidName(text)
  const cidr = isIP(host) === 0 ? undefined : parseCidr(host)
  return cidr === undefined ? { kind: 'host', host, port } : { kind: 'address', cidr, port }
}

function suffixOrGlob(text: string, reach: SuffixReach, port: number, at: number): HostPattern | PatternProblem {
  if (hasWildcard(text)) {
    // only `.x*` comes here: apex and subdomains of a glob are the glob itself and all that ends in it
    return problem(at, 'a leading dot before a glob', `write \`{${text},*.${text}}\``)
  }
  if (isIP(text) !== 0) {
    // lists of "wildcards" are made by a machine that puts the dot before addresses too
    if (reach === 'all') return nameOrAddress(text, port)
    return problem(at, 'an address has no subdomains', `write \`${text}\``)
  }
  const suffix = canonicalHost(text)
  if (suffix === undefined || isIP(suffix) !== 0) return { ...invalidName(text), at }
  return { kind: 'suffix', suffix, reach, port }
}

function parseGlob(text: string, port: number): HostPattern | PatternProblem {
  const wrong = syntaxOfGlob(text)
  if (wrong !== undefined) return { kind: 'problem', code: 'syntax', ...wrong }

  const labels = text
    .toLowerCase()
    .replace(/\*{2,}/g, '*')
    .split('.')
  for (const [i, label] of labels.entries()) {
    if (!NOT_ASCII.test(label)) continue
    const ascii = hasWildcard(label) ? '' : domainToASCII(label)
    if (ascii === '')
      return problem(text.search(NOT_ASCII), `the glob label \`${label}\` is not ASCII`, 'write it in its `xn--` form')
    labels[i] = ascii
  }
  const glob = labels.join('.')
  if (!GLOB_OF_HOST.test(glob) || glob.includes('..')) return invalidName(text)
  return { kind: 'glob', glob, port }
}

function parseBranches(text: string): Pattern | PatternProblem {
  const counted = branchCount(text)
  if (typeof counted !== 'number') return { kind: 'problem', code: 'syntax', ...counted }
  if (counted > MAX_BRANCHES) {
    return problem(text.indexOf('{'), `braces with ${counted} branches`, `at most ${MAX_BRANCHES} are read`)
  }
  const branches: Pattern[] = []
  for (const branch of expandBraces(text)) {
    const parsed = parsePattern(branch)
    if (parsed.kind === 'problem')
      return { ...parsed, at: text.indexOf('{'), message: `in the branch \`${branch}\`: ${parsed.message}` }
    branches.push(parsed)
  }
  return { kind: 'branches', branches }
}

function parseUrl(text: string, hostStart: number): Pattern | PatternProblem {
  const scheme = text.slice(0, hostStart - 3).toLowerCase()
  const afterHost = text.slice(hostStart).search(/[/?#]/)
  const hostEnd = afterHost === -1 ? text.length : hostStart + afterHost
  if (scheme === 'https') {
    const host = text.slice(hostStart, hostEnd)
    return problem(0, 'the path of an https URL cannot be seen in a tunnel', `write \`${host}\` to name the whole host`)
  }
  if (scheme !== 'http' && scheme !== '*')
    return problem(0, `\`${scheme}:\` URLs are not served`, 'write `http://` or a host')
  return urlOf(text, hostStart, hostEnd, false)
}

function urlOf(text: string, hostStart: number, hostEnd: number, below: boolean): Pattern | PatternProblem {
  const host = parseHostPort(text.slice(hostStart, hostEnd))
  if (host.kind === 'problem') return { ...host, at: host.at + hostStart }
  const hash = text.indexOf('#', hostEnd)
  const path = text.slice(hostEnd, hash === -1 ? text.length : hash)
  if (path.includes('[') || path.includes(']')) {
    const wrong = syntaxOfGlob(path)
    if (wrong !== undefined) return { kind: 'problem', code: 'syntax', ...wrong, at: wrong.at + hostEnd }
  }
  return { kind: 'url', host, path: path === '' ? '**' : canonicalPathPattern(path), below }
}

/** Undefined where the part before the slash is no address at all. */
function parseCidrToken(text: string, slash: number): Pattern | PatternProblem | undefined {
  const base = text.slice(0, slash).replace(/^\[(.*)\]$/, '$1')
  const address = base === '' ? undefined : canonicalHost(base)
  if (address === undefined || isIP(address) === 0 || !/^\d+$/.test(text.slice(slash + 1))) return undefined
  // `::ffff:10.0.0.0/104` must keep its prefix together with the form it was written in
  const cidr = parseCidr(`${isIP(base) === 0 ? address : base}${text.slice(slash)}`)
  if (cidr !== undefined) return { kind: 'address', cidr, port: 0 }
  return problem(
    slash + 1,
    `\`${text.slice(slash)}\` is no prefix length of this address`,
    'write 0 to 32, or 0 to 128 for IPv6',
  )
}

/** Offset of the colon before a port, -1 where there is none. */
function portColon(text: string): number {
  const colon = text.lastIndexOf(':')
  if (colon <= 0) return -1
  if (text.charCodeAt(colon - 1) === 0x5d && text.startsWith('[')) return colon
  return text.indexOf(':') === colon ? colon : -1
}

function isIPv6Literal(text: string): boolean {
  return text.includes(':') && isIP(text.replace(/^\[(.*)\]$/, '$1')) === 6
}

function invalidName(text: string): PatternProblem {
  const fix = 'write letters, digits, `-`, `_` in labels of 1 to 63 octets, 253 in all'
  return { kind: 'problem', code: 'invalid-name', at: 0, message: `\`${shorten(text)}\` is not a valid host name`, fix }
}

function problem(at: number, message: string, fix: string): PatternProblem {
  return { kind: 'problem', code: 'syntax', at, message, fix }
}

function shorten(text: string): string {
  return text.length <= 80 ? text : `${text.slice(0, 79)}…`
}

const NOT_ASCII = /[^\0-\x7f]/
const GLOB_OF_HOST = /^[a-z0-9._:*?![\]^-]+$/
