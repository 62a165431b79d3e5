import { parseAdblock } from './formats/adblock.js'
import { parseClash } from './formats/clash.js'
import { parseDnsmasq } from './formats/dnsmasq.js'
import { parseHosts } from './formats/hosts.js'
import { parseNative } from './formats/native.js'
import { parseBareName, parsePlain } from './formats/plain.js'
import { parseRegex } from './formats/regex.js'
import { parseRpz } from './formats/rpz.js'
import { parseUnbound } from './formats/unbound.js'
import { parseV2fly } from './formats/v2fly.js'
import { BLANK, type ParsedLine, skipped } from './parsed-line.js'
import type { RuleSource } from './rule.js'

/**
 * One line of a rule file or of any published list. The order in which forms
 * are tried is that of contract §2; a line belongs to the first that knows it.
 *
 * @param raw the line without its line break
 */
export function parseLine(raw: string, scope: RuleSource['scope'] = 'exact'): ParsedLine {
  // trim takes byte order marks too; some lists have two
  const line = raw.trim()
  if (line === '' || isComment(line)) return BLANK
  const parsed = parseTrimmed(line, scope)
  if (parsed.kind !== 'problem') return parsed
  const indent = raw.indexOf(line)
  return indent === 0 ? parsed : { ...parsed, column: parsed.column + indent }
}

function parseTrimmed(line: string, scope: RuleSource['scope']): ParsedLine {
  const bare = parseBareName(line, scope)
  if (bare !== undefined) return bare
  const { text } = splitReason(line)
  const early = parseNative(text) ?? parseHosts(text)
  if (early !== undefined) return early
  if (isCosmetic(line)) return skipped('cosmetic')
  const entry = withoutZoneComment(text)
  return (
    parseRegex(line) ??
    parseAdblock(line) ??
    parseDnsmasq(entry) ??
    parseUnbound(entry) ??
    parseRpz(entry) ??
    parseClash(entry) ??
    parseV2fly(entry) ??
    parsePlain(entry, scope)
  )
}

/**
 * The line without its reason, and the reason: what follows ` #`, except in
 * regular expressions and adblock rules, where a `#` is part of the pattern.
 */
export function splitReason(raw: string): { readonly text: string; readonly reason: string | undefined } {
  const line = raw.trim()
  if (!line.includes('#')) return { text: line, reason: undefined }
  const pattern = /^(?:(?:block|allow)!?\s+)?/.exec(line)?.[0].length ?? 0
  const c = line.charAt(pattern)
  let from = pattern
  if (c === '/') from = endOfRegex(line, pattern)
  else if (pattern === 0 && (c === '|' || line.startsWith('@@'))) return { text: line, reason: undefined }
  const hash = line.slice(from).search(/\s#/)
  if (hash === -1) return { text: line, reason: undefined }
  const reason = line.slice(from + hash).replace(/^\s+#+\s*/, '')
  return { text: line.slice(0, from + hash).trimEnd(), reason: reason === '' ? undefined : reason }
}

/** Where a reason may start: after the slash that ends the expression, or after the path that it turns out to be. */
function endOfRegex(line: string, start: number): number {
  if (line.endsWith('/')) return line.length
  const end = /\/\s+#/.exec(line.slice(start + 1))
  return end === null ? line.length : start + 1 + end.index + 1
}

function isComment(line: string): boolean {
  const c = line.charCodeAt(0)
  return (
    c === 0x23 ||
    c === 0x21 ||
    c === 0x3b ||
    (c === 0x5b && /^\[[a-z ]*ad ?(?:block|guard)[^\]]*\]$|^\[ublock[^\]]*\]$/i.test(line))
  )
}

/** Element hiding and scriptlets: a selector after `##` and its kin, a list of hosts without spaces before it. */
function isCosmetic(line: string): boolean {
  return line.includes('#') && /^[^\s#]*#(?:@|\?|@\?|\$|@\$|%|@%|\$\?|@\$\?)?#/.test(line)
}

/** Zone files and lists of addresses end in `; text`. */
function withoutZoneComment(text: string): string {
  const comment = text.search(/\s;/)
  return comment === -1 ? text : text.slice(0, comment).trimEnd()
}
