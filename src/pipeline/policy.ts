import type { Disguise } from '../http/disguise.js'
import type { HeaderPolicy } from '../http/header-policy.js'
import type { EgressGuard } from '../policy/egress-guard.js'
import type { IdentityOwner } from '../policy/isolation.js'
import type { Isolation } from '../policy/upstream-settings.js'
import type { RuleSet } from '../rules/rule.js'
import type { RouteTable } from './route.js'
import type { Routing } from './routing.js'

/** The browser that requests of an owner's identity pass for; undefined where it is the family's own. */
export type DisguiseFor = (isolation: Isolation, owner: IdentityOwner) => Disguise | undefined

/**
 * Everything a decision depends on, compiled and immutable but for the cache
 * of routes that belongs to it. A reload builds a new one and swaps the
 * reference, so an exchange sees the old rules or the new ones, never both.
 */
export type Policy = {
  readonly rules: RuleSet
  /** For every host that has none of its own; those are in its route. */
  readonly headers: HeaderPolicy
  /** Asked for exchanges that leave with an identity. */
  readonly disguiseFor: DisguiseFor
  readonly guard: EgressGuard
  readonly isConnectPort: (port: number) => boolean
  readonly isHttpPort: (port: number) => boolean
  readonly isClient: (ip: string) => boolean
  /** True for an address and port on which this proxy listens. */
  readonly isOwn: (ip: string, port: number) => boolean
  /** Rules are logged and refuse nothing. */
  readonly report: boolean
  readonly blockStatus: 403 | 451
  readonly blockPage: { readonly title: string; readonly contact: string }
  /** How targets leave. */
  readonly routing: Routing
  readonly routes: RouteTable
}
