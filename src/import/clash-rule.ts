import { parseClash } from '../rules/formats/clash.js'
import { parsePattern } from '../rules/pattern.js'
import type { RuleAction } from '../rules/rule.js'
import type { Draft, Place } from './imported.js'

export type ClashRule = { readonly drafts: readonly Draft[] } | { readonly reason: string }

/**
 * `TYPE,value[,policy][,no-resolve]`.
 *
 * @param actionOf what a policy does; asked with an empty name where the rule has none, as in providers
 */
export function readClashRule(text: string, place: Place, actionOf: (policy: string) => RuleAction): ClashRule {
  const [type = '', value = '', ...rest] = text.split(',').map((word) => word.trim())
  const policy = rest.find((word) => word !== 'no-resolve' && word !== 'src') ?? ''
  if (policy === 'PASS') return { reason: 'goes on to other rules, which has no form here' }
  if (rest.includes('src')) return { reason: CLIENT }
  const action = actionOf(policy)
  if (type === 'DST-PORT' || type === 'DEST-PORT') return readPorts(value, { ...place, action, text })
  const reason = REASONS.find(([types]) => types.test(type))?.[1]
  if (reason !== undefined) return { reason }
  // the policy is taken off: what it does is known here, and the parser knows no groups
  const parsed = parseClash(`${type},${value}`)
  if (parsed?.kind === 'rules')
    return { drafts: parsed.patterns.map((pattern) => ({ ...place, action, pattern, text })) }
  return { reason: parsed?.kind === 'problem' ? parsed.message : `the rule type ${type || text} is not known here` }
}

/** `25`, `6881-6889`, `25/110/143`. */
function readPorts(value: string, rule: Omit<Draft, 'pattern'>): ClashRule {
  const ports = value.split('/').flatMap((part) => {
    const [from = Number.NaN, to = from] = part.split('-').map(Number)
    return to - from < MAX_PORTS ? Array.from({ length: Math.max(0, to - from + 1) }, (_, i) => from + i) : [Number.NaN]
  })
  const patterns = ports.map((port) => parsePattern(`*:${port}`))
  if (ports.length === 0 || ports.length > MAX_PORTS || patterns.some(({ kind }) => kind === 'problem'))
    return { reason: 'so many ports are a matter of --connect-ports and --http-ports' }
  return { drafts: patterns.flatMap((pattern) => (pattern.kind === 'problem' ? [] : [{ ...rule, pattern }])) }
}

const MAX_PORTS = 64
const CLIENT = 'asks for the client; policy by client comes later'
const REASONS: readonly (readonly [types: RegExp, reason: string])[] = [
  [
    /^(?:GEOIP|GEOSITE|IP-ASN|SRC-GEOIP)$/,
    'needs a database of places and networks: subscribe to a list of names or ranges',
  ],
  [/^(?:SRC-.*|IN-.*|PROCESS-.*|UID|DEVICE-NAME|USER-AGENT)$/, CLIENT],
  [/^(?:AND|OR|NOT|SUB-RULE|SCRIPT)$/, 'joins conditions, for which rules have no form'],
  [/^(?:NETWORK|DSCP|PROTOCOL|CELLULAR-RADIO|SUBNET)$/, 'asks for what a proxy for HTTP does not see'],
  [/^IP-SUFFIX$/, 'ends of addresses are no ranges'],
]
