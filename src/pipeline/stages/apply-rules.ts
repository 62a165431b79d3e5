import type { RuleDecision, RuleSet } from '../../rules/rule.js'
import { type Decision, type Exchange, refuse } from '../exchange.js'

/** Asks the rules. Settles what they block (403 or 451), unless they only report. */
export function applyRulesStage(exchange: Exchange): boolean {
  const { policy, route } = exchange
  if (route === undefined) return true
  const { rules } = policy
  let decided = route.decision
  if (rules.hasUrlRules && exchange.form === 'absolute') {
    const { host, port, family } = route.authority
    decided = rules.decide({ host, port, family, path: urlPathOf(exchange) })
  }
  return settleDecision(exchange, decided, isOpenUntilResolved(rules, decided, route.authority.family))
}

/** The path URL rules are asked for: `OPTIONS http://a.test` goes out as `*` and is still that URL. Undefined for a tunnel. */
export function urlPathOf({ form, path }: Exchange): string | undefined {
  if (form !== 'absolute') return undefined
  return path === '*' ? '/' : path
}

/** Takes over what the rules say; false when that settles the exchange. */
export function settleDecision(exchange: Exchange, decided: RuleDecision, isOpen: boolean): boolean {
  exchange.decision = toDecision(decided)
  if (decided.action === 'allow' || isOpen) return true
  if (exchange.policy.report) {
    exchange.wouldBlock = true
    return true
  }
  const { rule, cname } = decided
  const place = rule === null ? 'default' : `${rule.list}:${rule.line}`
  const detail = cname === undefined ? place : `${place} via CNAME ${cname}`
  return refuse(exchange, 'VG_REQUEST_BLOCKED', detail, exchange.decision)
}

/** Under `default block` a name that no rule names may still be allowed by its address (contract §2). */
export function isOpenUntilResolved(rules: RuleSet, decided: RuleDecision, family: number): boolean {
  return decided.level === 'default' && decided.action === 'block' && rules.hasAddressAllows && family === 0
}

function toDecision({ action, level, rule, cname }: RuleDecision): Decision {
  const reason = level === 'default' ? 'default' : 'rule'
  return cname === undefined ? { action, reason, level, rule } : { action, reason, level, rule, cname }
}
