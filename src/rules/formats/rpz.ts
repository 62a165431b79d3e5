import { isIP } from 'node:net'
import { parseCidr } from '../../http/cidr.js'
import { type ParsedLine, problemAt, rulesOf, skipped } from '../parsed-line.js'
import { type Pattern, type PatternProblem, parsePattern } from '../pattern.js'
import { isSink } from './hosts.js'

/**
 * Records of a response policy zone (draft-vixie-dnsop-dns-rpz): the owner is
 * the trigger, the target of the CNAME the action. An apex and its wildcard
 * are separate records.
 *
 * @param line trimmed, without its reason
 */
export function parseRpz(line: string): ParsedLine | undefined {
  if (line.startsWith('$'))
    return /^\$(?:TTL|ORIGIN|INCLUDE|GENERATE)\s/i.test(line) ? skipped('zone file directive') : undefined
  if (!/\s/.test(line)) return undefined
  if (ZONE_DATA.test(line)) return skipped('zone data')
  const record =
    /^(\S+)\s+(?:\d+[smhdw]?\s+)?(?:IN\s+)?(?:\d+[smhdw]?\s+)?(CNAME|A|AAAA|TXT|MX|PTR|SRV|DNAME)\s+(\S.*)$/i.exec(line)
  if (record === null) return undefined
  const [, owner = '', type = '', data = ''] = record

  const action = actionOf(type.toUpperCase(), data.trim().toLowerCase())
  if (action === undefined) return skipped('record that is no RPZ action')
  const pattern = trigger(owner.toLowerCase().replace(/\.$/, ''))
  if (pattern === undefined) return skipped('RPZ trigger that a proxy cannot see')
  if (pattern.kind === 'problem') return problemAt(pattern, 1)
  return rulesOf('rpz', [pattern], action === 'allow' ? 'allow' : undefined)
}

function actionOf(type: string, data: string): 'block' | 'allow' | undefined {
  if (type === 'A' || type === 'AAAA') return isSink(data) ? 'block' : undefined
  if (type !== 'CNAME') return undefined
  if (data === '.' || data === '*.' || /^rpz-drop\.?$/.test(data)) return 'block'
  return /^rpz-passthru\.?$/.test(data) ? 'allow' : undefined
}

/** Undefined for triggers other than the name asked and the address answered. */
function trigger(owner: string): Pattern | PatternProblem | undefined {
  if (/\.rpz-(?:client-ip|nsip|nsdname)$/.test(owner)) return undefined
  if (!owner.endsWith('.rpz-ip')) return parsePattern(owner)
  const [prefix = '', ...reversed] = owner.slice(0, -'.rpz-ip'.length).split('.')
  const parts = reversed.toReversed()
  // in IPv6 `zz` stands for `::`
  const address =
    parts.length === 4 && !parts.includes('zz') ? parts.join('.') : parts.join(':').replace(/:?zz:?/, '::')
  const cidr = isIP(address) === 0 ? undefined : parseCidr(`${address}/${prefix}`)
  if (cidr !== undefined) return { kind: 'address', cidr, port: 0 }
  return {
    kind: 'problem',
    code: 'syntax',
    at: 0,
    message: `\`${owner}\` names no address`,
    fix: 'write `24.0.2.0.192.rpz-ip`',
  }
}

const ZONE_DATA =
  /^(?:@|\S+\s+(?:\d+[smhdw]?\s+)?(?:IN\s+)?(?:SOA|NS|DNSKEY|RRSIG)\s|(?:\d+[smhdw]?\s+)?(?:IN\s+)?(?:SOA|NS)\s|IN\s)/i
