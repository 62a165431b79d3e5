import { canonicalHost } from '../../http/authority.js'
import { type ParsedLine, rulesOf, rulesOrProblem, syntaxProblem } from '../parsed-line.js'
import { type Pattern, parsePattern } from '../pattern.js'
import type { RuleSource } from '../rule.js'

/**
 * The bulk of most lists: letters, digits, `-`, `_` and dots alone. Undefined
 * for what may be more than a name, such as an address, a suffix or a verb.
 */
export function parseBareName(line: string, scope: RuleSource['scope']): ParsedLine | undefined {
  const last = line.charCodeAt(line.length - 1)
  if (line.charCodeAt(0) === 0x2e || (last >= 0x30 && last <= 0x39) || !line.includes('.')) return undefined
  for (let i = 0; i < line.length; i++) {
    const c = line.charCodeAt(i)
    if (!((c >= 0x61 && c <= 0x7a) || (c >= 0x30 && c <= 0x39) || c === 0x2e || c === 0x2d || c === 0x5f))
      return undefined
  }
  const host = canonicalHost(line)
  if (host === undefined || host !== line) return undefined
  return rulesOf('plain', [
    scope === 'suffix' ? { kind: 'suffix', suffix: host, reach: 'all', port: 0 } : { kind: 'host', host, port: 0 },
  ])
}

/**
 * One token alone: a name, `.x`, `*.x`, glob, address, CIDR, `host/path`.
 *
 * @param line trimmed, without its reason
 */
export function parsePlain(line: string, scope: RuleSource['scope']): ParsedLine {
  const token = line.endsWith(';') ? line.slice(0, -1) : line
  const space = token.search(/\s/)
  if (space !== -1) {
    return syntaxProblem(
      1,
      'no form of rule that is known here',
      'write `block PATTERN`, or a line of a published list format',
    )
  }
  // serial numbers and times in zone files, counts in headers: not meant as the IPv4 address they can be read as
  if (/^\d+$/.test(token))
    return syntaxProblem(1, `the number \`${token}\` alone is no host`, 'write the address in dotted form')
  const pattern = parsePattern(token)
  if (pattern.kind === 'problem') return rulesOrProblem('plain', pattern, 1)
  return rulesOf(pattern.kind === 'url' ? 'url' : 'plain', [scope === 'suffix' ? widened(pattern) : pattern])
}

/** `--scope suffix`: bare names and bare `*.x` mean apex and subdomains. */
function widened(pattern: Pattern): Pattern {
  if (pattern.kind === 'host') return { kind: 'suffix', suffix: pattern.host, reach: 'all', port: pattern.port }
  if (pattern.kind === 'suffix' && pattern.reach === 'below') return { ...pattern, reach: 'all' }
  return pattern
}
