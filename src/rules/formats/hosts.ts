import { isIP } from 'node:net'
import { canonicalHost } from '../../http/authority.js'
import { type LineProblem, type ParsedLine, problemAt, rulesOf, skipped } from '../parsed-line.js'
import { type HostPattern, parseHostPort } from '../pattern.js'

/**
 * `0.0.0.0 name…`: exact names that a hosts file sends nowhere. Names given
 * another address are not blocked by such a file, so they are skipped.
 *
 * @param line trimmed, without its reason
 */
export function parseHosts(line: string): ParsedLine | undefined {
  const c = line.charCodeAt(0)
  // an address starts with a digit, a colon, or `f` (fe80::1%lo0, ff02::1)
  if (!((c >= 0x30 && c <= 0x3a) || c === 0x66 || c === 0x46)) return undefined
  const gap = line.search(/\s/)
  if (gap === -1) return undefined
  const address = line.slice(0, gap)
  if (isIP(address) === 0 && !LINK_LOCAL.test(address)) return undefined
  // zone files have owners that are addresses: `192.0.2.1 CNAME .`
  if (/^\s+(?:\d+\s+)?(?:IN|CNAME|A|AAAA)\s/.test(line.slice(gap))) return undefined
  if (!isSink(address)) return skipped('hosts line with another address')

  const patterns: HostPattern[] = []
  let problem: LineProblem | undefined
  for (const { name, column } of names(line, gap)) {
    if (LOCAL_NAMES.has(name.toLowerCase()) || isSink(name)) continue
    const pattern = parseHostPort(name)
    if (pattern.kind === 'host' || pattern.kind === 'address') patterns.push(pattern)
    else
      problem ??= problemAt(
        pattern.kind === 'problem' ? pattern : { ...NOT_A_NAME, message: `\`${name}\` is not a name` },
        column,
      )
  }
  if (patterns.length === 0) return problem ?? skipped('local name of a hosts file')
  const rules = rulesOf('hosts', patterns)
  return problem === undefined ? rules : { ...rules, problem }
}

/** An address that leads nowhere, as blocklists use it. */
export function isSink(address: string): boolean {
  if (SINKS.has(address)) return true
  if (!address.includes(':')) return false
  const canonical = canonicalHost(address.replace(/%.*$/, ''))
  return canonical !== undefined && (SINKS.has(canonical) || /^(?:fe80::1|ff0[0-9a-f]:.*)$/.test(canonical))
}

function* names(line: string, from: number): Generator<{ name: string; column: number }> {
  const words = /\S+/g
  words.lastIndex = from
  for (let word = words.exec(line); word !== null; word = words.exec(line))
    yield { name: word[0], column: word.index + 1 }
}

const NOT_A_NAME = { kind: 'problem', code: 'invalid-name', at: 0, fix: 'hosts files hold exact names only' } as const
const LINK_LOCAL = /^fe80::[0-9a-f:]+%\w+$/i
const SINKS = new Set(['0.0.0.0', '127.0.0.1', '255.255.255.255', '::', '::1'])
/** What systems put into their own hosts file. */
const LOCAL_NAMES = new Set([
  'localhost',
  'localhost.localdomain',
  'localhost4',
  'localhost6',
  'local',
  'broadcasthost',
  'ip6-localhost',
  'ip6-loopback',
  'ip6-localnet',
  'ip6-mcastprefix',
  'ip6-allnodes',
  'ip6-allrouters',
  'ip6-allhosts',
])
