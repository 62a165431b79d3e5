import { ProxyError } from '../errors.js'
import type { Exchange } from '../pipeline/exchange.js'
import type { Route } from '../pipeline/route.js'
import { settleDecision, urlPathOf } from '../pipeline/stages/apply-rules.js'

/**
 * The rules asked once more when DNS has answered, as an option for the
 * dialler; empty where no rule names an address, which is the common case.
 */
export function addressAdmission(
  exchange: Exchange,
  route: Route,
): { readonly admit?: (addresses: readonly string[]) => ProxyError | undefined } {
  const { rules } = exchange.policy
  if (!rules.hasAddressRules || route.authority.family !== 0) return {}
  const { host, port, family } = route.authority
  const path = urlPathOf(exchange)

  return {
    admit(addresses) {
      const query = { host, port, family, path }
      const byName = path === undefined || !rules.hasUrlRules ? route.decision : rules.decide(query)
      const isAdmitted = settleDecision(exchange, rules.decideAddresses(byName, query, addresses), false)
      return isAdmitted ? undefined : new ProxyError('VG_REQUEST_BLOCKED', exchange.detail)
    },
  }
}
