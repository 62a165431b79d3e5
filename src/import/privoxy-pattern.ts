import { regexRule } from '../rules/formats/regex.js'
import { type Pattern, parsePattern } from '../rules/pattern.js'
import { pathGlob } from './path-glob.js'

export type PrivoxyPattern = { readonly pattern: Pattern; readonly isOnPath: boolean } | { readonly reason: string }

/**
 * `host/path`. In the host a leading dot frees its left end, a trailing dot its
 * right end, and wildcards stay within a label; the path is a regular expression
 * that is anchored at its start.
 */
export function privoxyPattern(text: string): PrivoxyPattern {
  const tag = /^(?:(?:CLIENT-|NO-REQUEST-|NO-RESPONSE-)?TAG):/i.exec(text)
  if (tag !== null) return { reason: 'a tag is given to a request by its headers, which rules do not see' }
  const isRegex = text.startsWith(REGEX_HOST)
  const rest = isRegex ? text.slice(REGEX_HOST.length) : text.replace(/^https?:\/\//, '')
  const slash = rest.indexOf('/')
  const host = slash === -1 ? rest : rest.slice(0, slash)
  const path = slash === -1 ? '' : rest.slice(slash)
  const hasPath = !/^(?:\/|\/\.\*|\/\$)?$/.test(path)

  if (isRegex) return hasPath ? { reason: NO_PATH } : regexHost(host)
  if (!hasPath) return hostAlone(host)
  const hosts = hostTexts(host)
  const glob = pathGlob(path)
  if (glob === undefined) return { reason: 'the path is an expression that globs cannot say' }
  const pattern = parsePattern(`http://${hosts.length === 1 ? hosts[0] : `{${hosts.join(',')}}`}${glob}`)
  return pattern.kind === 'problem' ? { reason: pattern.message } : { pattern, isOnPath: true }
}

/** Wildcards stay within a label here and cross dots in globs, so that only expressions say the same. */
function hostAlone(text: string): PrivoxyPattern {
  const [, host = '', port] = /^(.*?)(?::(\d+))?$/.exec(text) ?? []
  const isFree = host.startsWith('.') && host.endsWith('.')
  if (!/[*?[]/.test(host) && !(isFree && port === undefined)) return native(text)
  if (port !== undefined) return native(text)
  const left = host.startsWith('.') ? '(^|\\.)' : '^'
  const right = host.endsWith('.') ? '(\\.|$)' : '$'
  const labels = host
    .replace(/^\.|\.$/g, '')
    .replaceAll('.', '\\.')
    .replaceAll('*', '[^.]*')
    .replaceAll('?', '[^.]')
  return regexHost(left + labels.replaceAll(/(?:\[\^\.\]\*)+/g, '[^.]*') + right)
}

function native(text: string): PrivoxyPattern {
  const hosts = hostTexts(text)
  const pattern = parsePattern(hosts.length === 1 ? (hosts[0] ?? '') : `{${hosts.join(',')}}`)
  return pattern.kind === 'problem' ? { reason: pattern.message } : { pattern, isOnPath: false }
}

/** Texts of the native grammar that together match such a host; a port belongs to each. */
function hostTexts(text: string): readonly string[] {
  const [, host = '', port = ''] = /^(.*?)(:\d+)?$/.exec(text) ?? []
  if (host === '') return [`*${port}`]
  const isOpen = host.endsWith('.')
  const name = host.replace(/^\.|\.$/g, '')
  if (!isOpen && !host.startsWith('.')) return [`${name}${port}`]
  if (!isOpen) return (/[*?[]/.test(name) ? [name, `*.${name}`] : [`.${name}`]).map((each) => `${each}${port}`)
  const starts = host.startsWith('.') ? [name, `*.${name}`] : [name]
  return starts.flatMap((start) => [`${start}.*${port}`, `${start}${port}`])
}

function regexHost(source: string): PrivoxyPattern {
  const parsed = regexRule(source, 1)
  if (parsed.kind === 'rules' && parsed.patterns[0] !== undefined)
    return { pattern: parsed.patterns[0], isOnPath: false }
  return { reason: parsed.kind === 'problem' ? parsed.message : 'regular expression for URLs' }
}

const REGEX_HOST = 'PCRE-HOST-PATTERN:'
const NO_PATH = 'an expression for hosts with a path has no form here'
