import { parseCidr } from '../../http/cidr.js'
import { BLANK, type ParsedLine, rulesOf, rulesOrProblem, skipped, syntaxProblem } from '../parsed-line.js'
import { parseHostPort, parsePattern } from '../pattern.js'
import type { RuleAction } from '../rule.js'
import { regexRule } from './regex.js'

/**
 * Rule providers of clash, mihomo, surge and their kin: `TYPE,value[,policy]`,
 * and YAML items of a `payload:` list, where `.x` is subdomains only and `*.x`
 * one label, unlike in the native grammar.
 *
 * @param line trimmed, without its reason
 */
export function parseClash(line: string): ParsedLine | undefined {
  if (line === 'payload:' || line === 'rules:' || line === '---') return BLANK
  const item = /^-\s+(['"]?)(.+)\1$/.exec(line)
  const text = item?.[2] ?? line
  const column = item === null ? 1 : line.indexOf(text) + 1
  const typed = /^([A-Z][A-Z0-9-]*),\s*([^,]+?)\s*(?:,(.*))?$/.exec(text)
  if (typed !== null) {
    const [, type = '', value = '', rest = ''] = typed
    return typedRule(type, value, rest, column + type.length + 1)
  }
  return item === null ? undefined : domainItem(text, column)
}

function typedRule(type: string, value: string, rest: string, column: number): ParsedLine | undefined {
  const action = actionOf(rest)
  if (action === 'route') return skipped('clash policy that routes')
  switch (type) {
    case 'DOMAIN':
    case 'HOST':
      return rulesOrProblem('clash', parseHostPort(value), column, action)
    case 'DOMAIN-SUFFIX':
    case 'HOST-SUFFIX':
      return rulesOrProblem('clash', parseHostPort(`.${value.replace(/^\+?\./, '')}`), column - 1, action)
    case 'DOMAIN-KEYWORD':
    case 'HOST-KEYWORD':
      return rulesOrProblem('clash', parseHostPort(`*${value}*`), column - 1, action)
    case 'DOMAIN-WILDCARD':
    case 'HOST-WILDCARD':
      return rulesOrProblem('clash', parseHostPort(value), column, action)
    case 'DOMAIN-REGEX': {
      const parsed = regexRule(value, column)
      return parsed.kind === 'rules' ? { ...parsed, format: 'clash', action } : parsed
    }
    case 'IP-CIDR':
    case 'IP-CIDR6':
    case 'IP6-CIDR': {
      const cidr = parseCidr(value)
      if (cidr !== undefined) return rulesOf('clash', [{ kind: 'address', cidr, port: 0 }], action)
      return syntaxProblem(column, `\`${value}\` is no range of addresses`, 'write `192.0.2.0/24`')
    }
    default:
      return CLASH_TYPES.test(type) ? skipped(`clash ${type}`) : undefined
  }
}

/** `no-resolve` is not needed here: nothing is resolved for the sake of a rule. */
function actionOf(rest: string): RuleAction | 'route' | undefined {
  const policy = rest
    .split(',')
    .map((word) => word.trim())
    .find((word) => word !== '' && word !== 'no-resolve')
  if (policy === undefined) return undefined
  return /^reject(?:-.*)?$/i.test(policy) ? 'block' : 'route'
}

function domainItem(text: string, column: number): ParsedLine {
  if (text.startsWith('+.')) return rulesOrProblem('clash', parseHostPort(text), column)
  if (text.startsWith('.')) return rulesOrProblem('clash', parseHostPort(`*${text}`), column - 1)
  const pattern = text.includes(',') || /\s/.test(text) ? undefined : parsePattern(text)
  if (pattern === undefined) return syntaxProblem(column, `\`${text}\` is no rule`, 'write `TYPE,value`')
  if (pattern.kind === 'suffix' && pattern.reach === 'below') return rulesOf('clash', [{ ...pattern, reach: 'child' }])
  return rulesOrProblem('clash', pattern, column)
}

const CLASH_TYPES =
  /^(?:GEOIP|GEOSITE|IP-ASN|IP-SUFFIX|SRC-.*|DST-PORT|DEST-PORT|IN-.*|PROCESS-.*|UID|NETWORK|DSCP|PROTOCOL|RULE-SET|DOMAIN-SET|AND|OR|NOT|SUB-RULE|MATCH|FINAL|USER-AGENT|URL-REGEX|SUBNET|SCRIPT|DEVICE-NAME|CELLULAR-RADIO)$/
