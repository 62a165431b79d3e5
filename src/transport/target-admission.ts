import { ProxyError } from '../errors.js'
import type { Exchange } from '../pipeline/exchange.js'
import type { Route } from '../pipeline/route.js'
import { settleDecision, urlPathOf } from '../pipeline/stages/apply-rules.js'
import type { RuleDecision } from '../rules/rule.js'

/**
 * The rules asked once more when DNS has answered, as an option for the
 * dialler: about the names that the target is an alias of, then about its
 * addresses. Empty where no rule could change anything.
 */
export function targetAdmission(
  exchange: Exchange,
  route: Route,
): { readonly admit?: (addresses: readonly string[], cnames: readonly string[]) => ProxyError | undefined } {
  const { rules } = exchange.policy
  if (rules.size === 0 || route.authority.family !== 0) return {}

  return {
    admit(addresses, cnames) {
      if (cnames.length > 0) {
        const refusal = admitCnames(exchange, route, cnames)
        // where rules only report, the first thing they say is what is told
        if (refusal !== undefined || exchange.wouldBlock) return refusal
      }
      if (!rules.hasAddressRules) return undefined
      const decided = rules.decideAddresses(decideByName(exchange, route), queryOf(exchange, route), addresses)
      return settled(exchange, decided)
    },
  }
}

/** What the rules say of the names that a target is an alias of: an error where one of these is blocked. */
export function admitCnames(exchange: Exchange, route: Route, cnames: readonly string[]): ProxyError | undefined {
  const byName = decideByName(exchange, route)
  const decided = exchange.policy.rules.decideCnames(byName, queryOf(exchange, route), cnames)
  return decided === byName ? undefined : settled(exchange, decided)
}

function settled(exchange: Exchange, decided: RuleDecision): ProxyError | undefined {
  return settleDecision(exchange, decided, false) ? undefined : new ProxyError('VG_REQUEST_BLOCKED', exchange.detail)
}

function decideByName(exchange: Exchange, route: Route): RuleDecision {
  const query = queryOf(exchange, route)
  const { rules } = exchange.policy
  return query.path === undefined || !rules.hasUrlRules ? route.decision : rules.decide(query)
}

function queryOf(exchange: Exchange, route: Route) {
  const { host, port, family } = route.authority
  return { host, port, family, path: urlPathOf(exchange) }
}
