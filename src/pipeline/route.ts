import { type Authority, parseAuthority } from '../http/authority.js'
import type { HeaderPolicy } from '../http/header-policy.js'
import { identitySiteOf, siteOf } from '../http/site.js'
import type { RuleDecision, RuleQuery, RuleSet } from '../rules/rule.js'
import type { Egress, Routing } from './routing.js'

/** All that depends only on the policy, the host and the port: decided once, then looked up. */
export type Route = {
  readonly authority: Authority
  /** The Host field for the origin: the port only where it is not 80 (RFC 9110 §7.2). */
  readonly hostField: string
  /** What makes another host belong together with this one (http/site.ts). */
  readonly site: string
  /** What it shares an identity with, where its egress is isolated; else empty. */
  readonly identitySite: string
  /** `host:port` and how it leaves: what connections have in common that can stand in for each other. */
  readonly key: string
  /** Undefined where no route leads there. */
  readonly egress: Egress | undefined
  readonly decision: RuleDecision
  /** What happens to header fields on the way to this host and back. */
  readonly headers: HeaderPolicy
}

export type RouteTable = {
  /**
   * The route to an authority as a client wrote it; undefined when it is not valid.
   * @param defaultPort 80 for `http:`, 0 for CONNECT, where the port is compulsory
   */
  find(authorityText: string, defaultPort: 0 | 80): Route | undefined
}

/** Enough for what one network visits within minutes; beyond it the table starts anew. */
const MAX_ROUTES = 8_192
/** Longer texts are unusual and would let a client fill the memory. */
const MAX_CACHED_TEXT = 128

export type RouteTableOptions = {
  readonly rules: RuleSet
  readonly routing: Routing
  readonly headersFor: (target: RuleQuery) => HeaderPolicy
}

export function createRouteTable(options: RouteTableOptions): RouteTable {
  let http = new Map<string, Route>()
  let connect = new Map<string, Route>()

  function add(authorityText: string, defaultPort: 0 | 80): Route | undefined {
    // a slice of a request head would keep the whole head alive wherever the route, its host or its key is kept
    const text = Buffer.from(authorityText, 'latin1').toString('latin1')
    const authority = parseAuthority(text, defaultPort)
    if (authority === undefined) return undefined
    const route = createRoute(authority, options)
    if (authorityText.length > MAX_CACHED_TEXT) return route
    if (http.size + connect.size >= MAX_ROUTES) {
      http = new Map()
      connect = new Map()
    }
    const table = defaultPort === 80 ? http : connect
    table.set(text, route)
    return route
  }

  return {
    find(authorityText, defaultPort) {
      return (defaultPort === 80 ? http : connect).get(authorityText) ?? add(authorityText, defaultPort)
    },
  }
}

function createRoute(authority: Authority, { rules, routing, headersFor }: RouteTableOptions): Route {
  const { host, port, family } = authority
  const target = { host, port, family, path: undefined }
  const bracketed = family === 6 ? `[${host}]` : host
  const egress = routing.find(authority)
  const hostField = port === 80 ? bracketed : `${bracketed}:${port}`
  return {
    authority,
    hostField,
    site: siteOf(hostField),
    identitySite: egress?.isolate === undefined ? '' : identitySiteOf(authority),
    key: egress?.isDirect === false ? `${bracketed}:${port} ${egress.via}` : `${bracketed}:${port}`,
    egress,
    decision: rules.decide(target),
    headers: headersFor(target),
  }
}
