import { parseLine } from '../rules/parse.js'

/** Which modifier it is that a rule needs and a proxy does not have; undefined for other lines. */
export function modifierReason(line: string): string | undefined {
  const parsed = parseLine(line)
  if (parsed.kind !== 'skipped' || parsed.reason !== 'unknown modifier') return undefined
  const names = line
    .slice(line.lastIndexOf('$') + 1)
    .split(',')
    .map((modifier) => modifier.replace(/=.*$/, ''))
  for (const [name, reason] of MODIFIERS) if (names.includes(name)) return reason
  return `unknown modifier: $${names.find((name) => !KNOWN.has(name)) ?? ''}`
}

const MODIFIERS: readonly (readonly [name: string, reason: string])[] = [
  ['client', '$client asks for one client; policy by client comes later'],
  ['ctag', '$ctag asks for one client; policy by client comes later'],
  ['dnsrewrite', '$dnsrewrite changes what DNS answers'],
  ['dnstype', '$dnstype asks for the type of a DNS question'],
]
const KNOWN = new Set(['important', 'badfilter', 'denyallow', 'all'])
