import type { Config } from '../config/config.js'
import { compileHeaderPolicies, type HeaderPolicies, type HeaderPolicy } from '../http/header-policy.js'
import { createClientList } from '../policy/client-list.js'
import { createEgressGuard } from '../policy/egress-guard.js'
import { createOwnListeners, type ListenAddress } from '../policy/own-listeners.js'
import { createPortList } from '../policy/port-list.js'
import { compileHostPatterns } from '../rules/host-patterns.js'
import type { RuleQuery, RuleSet } from '../rules/rule.js'
import type { DisguiseFor, Policy } from './policy.js'
import { createRouteTable } from './route.js'
import { compileRouting } from './routing.js'

/** Who may connect where nobody said: the machine itself. */
const LOOPBACK_CLIENTS: readonly string[] = ['127.0.0.0/8', '::1/128']
const EVERY_CLIENT: readonly string[] = ['0.0.0.0/0', '::/0']

/** What the machine tells and no configuration says. */
export type Surroundings = {
  readonly listening: readonly ListenAddress[]
  /** Every address of the machine's interfaces. */
  readonly localAddresses: readonly string[]
  /** Not given: nothing leaves, so nobody sees with which browser. */
  readonly disguiseFor?: DisguiseFor
}

/** Everything the pipeline asks, compiled from a configuration and a rule set. */
export function compilePolicy(config: Config, rules: RuleSet, surroundings: Surroundings): Policy {
  const { egress, clients, open } = config
  const headers = compileHeaderPolicies(config.headers)
  const routing = compileRouting(config)
  return {
    rules,
    headers: headers.base,
    disguiseFor: surroundings.disguiseFor ?? (() => undefined),
    guard: createEgressGuard({ ...egress.guard, ownAddresses: [...surroundings.localAddresses, ...egress.addresses] }),
    isConnectPort: createPortList(egress.connectPorts),
    isHttpPort: createPortList(egress.httpPorts),
    isClient: createClientList(clients.allow ?? (open ? EVERY_CLIENT : LOOPBACK_CLIENTS)),
    isOwn: createOwnListeners(surroundings.listening, surroundings.localAddresses),
    report: config.rules.report,
    blockStatus: config.rules.blockStatus,
    blockPage: config.blockPage,
    routing,
    routes: createRouteTable({ rules, routing, headersFor: headersByHost(config, headers) }),
  }
}

/** The first entry of `headers.perHost` that names a host counts; asked once a route. */
function headersByHost(
  { headers: { perHost } }: Config,
  policies: HeaderPolicies,
): (target: RuleQuery) => HeaderPolicy {
  const entries = perHost.map(({ match }, i) => ({
    matches: compileHostPatterns(match),
    headers: policies.perHost[i] ?? policies.base,
  }))
  return (target) => entries.find(({ matches }) => matches(target))?.headers ?? policies.base
}
