import { type Authority, parseAuthority } from '../http/authority.js'
import type { HeaderPolicy } from '../http/header-policy.js'
import { siteOf } from '../http/site.js'
import type { RuleDecision, RuleQuery, RuleSet } from '../rules/rule.js'

/** All that depends only on the policy, the host and the port: decided once, then looked up. */
export type Route = {
  readonly authority: Authority
  /** The Host field for the origin: the port only where it is not 80 (RFC 9110 §7.2). */
  readonly hostField: string
  /** What makes another host belong together with this one (http/site.ts). */
  readonly site: string
  /** `host:port`, the key under which connections are kept. */
  readonly key: string
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

export function createRouteTable(rules: RuleSet, headersFor: (target: RuleQuery) => HeaderPolicy): RouteTable {
  let http = new Map<string, Route>()
  let connect = new Map<string, Route>()

  function add(authorityText: string, defaultPort: 0 | 80): Route | undefined {
    const authority = parseAuthority(authorityText, defaultPort)
    if (authority === undefined) return undefined
    const route = createRoute(authority, rules, headersFor)
    if (authorityText.length > MAX_CACHED_TEXT) return route
    if (http.size + connect.size >= MAX_ROUTES) {
      http = new Map()
      connect = new Map()
    }
    // the text is a slice that would keep its whole request head alive: copied before it is kept
    const table = defaultPort === 80 ? http : connect
    table.set(Buffer.from(authorityText, 'latin1').toString('latin1'), route)
    return route
  }

  return {
    find(authorityText, defaultPort) {
      return (defaultPort === 80 ? http : connect).get(authorityText) ?? add(authorityText, defaultPort)
    },
  }
}

function createRoute(authority: Authority, rules: RuleSet, headersFor: (target: RuleQuery) => HeaderPolicy): Route {
  const { host, port, family } = authority
  const target = { host, port, family, path: undefined }
  const bracketed = family === 6 ? `[${host}]` : host
  const hostField = port === 80 ? bracketed : `${bracketed}:${port}`
  return {
    authority,
    hostField,
    site: siteOf(hostField),
    key: `${bracketed}:${port}`,
    decision: rules.decide(target),
    headers: headersFor(target),
  }
}
