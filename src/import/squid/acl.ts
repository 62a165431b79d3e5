import { forEachLine } from '../../rules/lines.js'
import type { Pattern } from '../../rules/pattern.js'
import { hostRegex, nativePattern, type PatternOrReason } from '../host-regex.js'
import { type FindFiles, type Place, type Skipped, skip } from '../imported.js'
import { pathGlobAnywhere } from '../path-glob.js'
import { IN_PART, ON_PATHS, urlRegex } from '../url-regex.js'
import { addressRange } from './address-range.js'
import { type Directive, unquoted } from './directives.js'

/** What an acl is about, as far as rules go. */
export type Acl =
  | { readonly kind: 'targets'; readonly entries: readonly AclEntry[] }
  /** Who asks: `src`, users. */
  | { readonly kind: 'who'; readonly type: string; readonly values: readonly string[] }
  | { readonly kind: 'ports'; readonly values: readonly string[] }
  | { readonly kind: 'everything' }
  | { readonly kind: 'unknown'; readonly type: string }

export type AclEntry = Place & { readonly pattern: Pattern; readonly reason: string | undefined; readonly text: string }

/** All acls of a configuration, by name; lines of one name are joined, as Squid joins them. */
export function readAcls(directives: readonly Directive[], find: FindFiles) {
  const acls = new Map<string, Acl>(BUILT_IN)
  const skipped: Skipped[] = []
  const declared = new Map<string, Directive>()
  for (const directive of directives) {
    const [name = '', type = ''] = directive.words
    if (directive.name !== 'acl' || name === '') continue
    const acl = type === 'any-of' ? anyOf(directive.words.slice(2), acls) : readAcl(directive, find, skipped)
    acls.set(name, joined(declared.has(name) ? acls.get(name) : undefined, acl))
    if (!declared.has(name)) declared.set(name, directive)
  }
  return { acls, declared, skipped }
}

function readAcl(directive: Directive, find: FindFiles, skipped: Skipped[]): Acl {
  const type = directive.words[1] ?? ''
  if (WHO.has(type)) {
    const values = valuesOf(directive, find, []).map(({ text }) => text)
    // `acl all src all`, as old configurations begin
    return values.some((value) => ANYBODY.test(value)) ? { kind: 'everything' } : { kind: 'who', type, values }
  }
  if (type === 'port') return { kind: 'ports', values: valuesOf(directive, find, []).map(({ text }) => text) }
  const toPatterns = TARGETS[type]
  if (toPatterns === undefined) return { kind: 'unknown', type }
  const values = valuesOf(directive, find, skipped)
  if (type === 'dst' && values.some(({ text }) => text === 'all')) return { kind: 'everything' }
  const entries = values.flatMap((value): AclEntry[] => {
    const read = toPatterns(value.text)
    if ('reason' in read) skipped.push(skip(value, read.reason, value.text))
    if ('note' in read && read.note !== undefined) skipped.push(skip(value, read.note, value.text))
    return 'pattern' in read ? [{ ...value, pattern: read.pattern }] : []
  })
  return { kind: 'targets', entries }
}

type Value = Place & { readonly text: string; readonly reason: string | undefined }

/** The words behind the type without flags; `"file"` stands for its lines. */
function valuesOf({ words, file, line, from }: Directive, find: FindFiles, skipped: Skipped[]): readonly Value[] {
  const [name = '', , ...values] = words
  return values.flatMap((word): Value[] => {
    if (/^(?:-[inm]|\+i|--|-m=\S*)$/.test(word)) return []
    const path = /^"(.*)"$/.exec(word)?.[1] ?? /^parameters\("(.*)"\)$/.exec(word)?.[1]
    if (path === undefined) return [{ file, line, text: unquoted(word), reason: `acl ${name}` }]
    const [list] = find(path, from)
    if (list === undefined) {
      skipped.push(skip({ file, line }, 'the file of this acl is not here', path))
      return []
    }
    const lines: Value[] = []
    forEachLine(list.text, (raw, number) => {
      const [, text = '', reason] = /^\s*(.*?)(?:\s+#\s*(.*?))?\s*$/.exec(raw) ?? []
      if (text === '' || text.startsWith('#') || /^-[in]$/.test(text)) return
      lines.push({ file: list.name, line: number, text, reason })
    })
    return lines
  })
}

type Read = PatternOrReason & { readonly note?: string }

/** `.x` is the name and all below it, `x` exactly the name. */
export function dstdomain(text: string): Read {
  return text === '.' ? { reason: 'a dot alone is no domain' } : nativePattern(text)
}

function urlPattern(text: string): Read {
  const read = urlRegex(text)
  if ('reason' in read) return read
  return { pattern: read.pattern, ...(read.isPart && { note: IN_PART }) }
}

/** Searched in the path, of any host. */
function urlPath(text: string): Read {
  const glob = pathGlobAnywhere(text)
  const read = glob === undefined ? { reason: ON_PATHS } : nativePattern(`http://*${glob}`)
  return 'pattern' in read ? { ...read, note: IN_PART } : read
}

function anyOf(names: readonly string[], acls: ReadonlyMap<string, Acl>): Acl {
  const parts = names.map((name) => acls.get(name))
  return parts.every((part) => part?.kind === 'targets')
    ? { kind: 'targets', entries: parts.flatMap((part) => (part?.kind === 'targets' ? part.entries : [])) }
    : { kind: 'unknown', type: 'any-of' }
}

function joined(before: Acl | undefined, acl: Acl): Acl {
  if (before?.kind === 'targets' && acl.kind === 'targets')
    return { kind: 'targets', entries: [...before.entries, ...acl.entries] }
  if (before?.kind === 'who' && acl.kind === 'who') return { ...acl, values: [...before.values, ...acl.values] }
  if (before?.kind === 'ports' && acl.kind === 'ports') return { ...acl, values: [...before.values, ...acl.values] }
  return acl
}

const ANYBODY = /^(?:all|0\.0\.0\.0\/0(?:\.0\.0\.0)?|::\/0)$/
const WHO = new Set([
  'src',
  'proxy_auth',
  'proxy_auth_regex',
  'ident',
  'ident_regex',
  'arp',
  'eui64',
  'src_as',
  'external',
])
const TARGETS: Readonly<Record<string, (text: string) => Read>> = {
  dstdomain,
  dstdom_regex: hostRegex,
  url_regex: urlPattern,
  urlpath_regex: urlPath,
  dst: addressRange,
}
const BUILT_IN: readonly (readonly [string, Acl])[] = [
  ['all', { kind: 'everything' }],
  ['localhost', { kind: 'who', type: 'src', values: ['127.0.0.0/8', '::1'] }],
  ['manager', { kind: 'unknown', type: 'manager' }],
  ['to_localhost', { kind: 'unknown', type: 'to_localhost' }],
  ['to_linklocal', { kind: 'unknown', type: 'to_linklocal' }],
  ['CONNECT', { kind: 'unknown', type: 'method' }],
]
