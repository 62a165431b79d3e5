import type { DecisionReason } from '../channels.js'
import { ERROR_CATALOG, type ErrorCode } from '../errors.js'
import { parseAuthority } from '../http/authority.js'
import { createFieldTable } from '../http/field-table.js'
import type { HeaderPolicy } from '../http/header-policy.js'
import { createRequestHead, parseRequestHead } from '../http/request-head.js'
import type { RuleMatch } from '../rules/rule.js'
import { escapePath } from '../rules/url-path.js'
import { createExchange } from './exchange.js'
import type { Policy } from './policy.js'
import { decideRequest } from './request-pipeline.js'
import type { Egress } from './routing.js'
import { urlPathOf } from './stages/apply-rules.js'

/** What the proxy would do with a target, and why. */
export type TargetDecision = {
  /** As asked. */
  readonly target: string
  /** Canonical; empty for a target that is none. */
  readonly host: string
  readonly port: number
  readonly action: 'allow' | 'block'
  readonly reason: DecisionReason
  /** The error a client would get; null where the request would go out. */
  readonly error: ErrorCode | null
  readonly detail: string
  readonly rule: RuleMatch | null
  /** Every rule that matches, winner first. */
  readonly matches: readonly RuleMatch[]
  readonly wouldBlock: boolean
  /** Whether it is asked as a tunnel, whose content nobody sees. */
  readonly isTunnel: boolean
  /** How it would leave; null where no route leads there. */
  readonly egress: Egress | null
  /** What happens to the header fields of `http://` requests to its host; null for what is no target. */
  readonly headers: Pick<HeaderPolicy, 'profile' | 'isDisguised'> | null
}

const LIMITS = { headBytes: 65_536, headFields: 8, uriBytes: 65_536 }
const TABLE = createFieldTable([])

/**
 * Runs the server's own stages for a target a person names: an `http://` URL is
 * a request for it, `https://` a tunnel to its host, a host (with port 443
 * unless it says another) whatever its port is open for. Asks no DNS.
 */
export function decideTarget(policy: Policy, target: string, method?: string): TargetDecision {
  const question = toRequest(policy, target.trim(), method)
  const head = createRequestHead(LIMITS)
  const isRequest =
    question !== undefined && parseRequestHead(`${question} HTTP/1.1\r\nHost: x\r\n`, LIMITS, TABLE, head)
  if (!isRequest) return malformed(target)

  const exchange = createExchange({ id: '', startedAt: 0, client: { ip: '127.0.0.1', port: 0 }, policy, head })
  decideRequest(exchange)
  const { route, decision, plan, error, detail, wouldBlock } = exchange
  if (route === undefined) return malformed(target)
  const { host, port, family } = route.authority
  const isTunnel = exchange.form === 'authority'
  const { headers } = (isTunnel && policy.routes.find(written({ host, port: 80, family }), 80)) || route
  return {
    target,
    host,
    port,
    action: plan === 'refuse' ? 'block' : decision.action,
    reason: decision.reason,
    error: plan === 'refuse' ? (error ?? null) : null,
    detail: plan === 'refuse' && error !== undefined ? detail || ERROR_CATALOG[error].summary : '',
    rule: decision.rule,
    matches: policy.rules.matches({ host, port, family, path: urlPathOf(exchange) }),
    wouldBlock,
    isTunnel,
    egress: route.egress ?? null,
    headers: { profile: headers.profile, isDisguised: headers.isDisguised },
  }
}

/** The start of a request line, in ASCII: a person may write a host in any script. */
function toRequest(policy: Policy, target: string, method: string | undefined): string | undefined {
  const url = /^(https?|wss?):\/\/([^/?#]*)([^#]*)/i.exec(target)
  if (url !== null) {
    const [, scheme = '', authorityText = '', rest = ''] = url
    const isTls = /^(https|wss)$/i.test(scheme)
    const authority = parseAuthority(authorityText, isTls ? 443 : 80)
    if (authority === undefined) return undefined
    return isTls
      ? `CONNECT ${written(authority)}`
      : `${method ?? 'GET'} http://${written(authority)}${escapePath(rest)}`
  }
  // an IPv6 address without a port needs no brackets from a person
  const bare = parseAuthority(target, 443) ?? parseAuthority(`[${target}]`, 443)
  if (bare === undefined) return undefined
  if (method !== undefined && method !== 'CONNECT') return `${method} http://${written(bare)}/`
  const isTunnel = method === 'CONNECT' || policy.isConnectPort(bare.port) || !policy.isHttpPort(bare.port)
  return isTunnel ? `CONNECT ${written(bare)}` : `GET http://${written(bare)}/`
}

function written({ host, port, family }: { host: string; port: number; family: number }): string {
  return `${family === 6 ? `[${host}]` : host}:${port}`
}

function malformed(target: string): TargetDecision {
  return {
    target,
    host: '',
    port: 0,
    action: 'block',
    reason: 'malformed',
    error: 'VG_TARGET_MALFORMED',
    detail: ERROR_CATALOG.VG_TARGET_MALFORMED.summary,
    rule: null,
    matches: [],
    wouldBlock: false,
    isTunnel: false,
    egress: null,
    headers: null,
  }
}
