import { isIP } from 'node:net'
import type { RuleDecision, RuleQuery, RuleSet } from '../rules/rule.js'

/** What an access log says of one exchange, as far as rules ask. */
export type LoggedRequest = {
  readonly query: RuleQuery
  /** The address that was dialled, which address rules are asked about; null where it never came to that. */
  readonly ip: string | null
}

/** Requests to one target that two rule sets decide differently. */
export type DecisionChange = {
  readonly host: string
  readonly port: number
  readonly requests: number
  readonly before: RuleDecision
  readonly after: RuleDecision
}

/**
 * One line of an access log in JSON (contract §5) → what rules are asked about
 * it. Undefined for a line that is none, and for an exchange without a target.
 * The log holds no paths: a plain request counts as one for `/`.
 */
export function parseLoggedRequest(line: string): LoggedRequest | undefined {
  const target = targetOf(line)
  if (target === undefined) return undefined
  const { form, host, port, ip } = target
  if (typeof host !== 'string' || host === '' || typeof port !== 'number') return undefined
  const family = isIP(host)
  return {
    query: {
      host,
      port,
      family: family === 4 || family === 6 ? family : 0,
      path: form === 'authority' ? undefined : '/',
    },
    ip: typeof ip === 'string' ? ip : null,
  }
}

/** Counts the requests that two rule sets decide differently, target by target, the busiest first. */
export function createRequestComparison(before: RuleSet, after: RuleSet) {
  const changes = new Map<string, { requests: number; before: RuleDecision; after: RuleDecision; query: RuleQuery }>()
  return {
    add(request: LoggedRequest): void {
      const old = decide(before, request)
      const now = decide(after, request)
      if (old.action === now.action) return
      const { query } = request
      const key = `${now.action} ${query.host} ${query.port}`
      const change = changes.get(key)
      if (change === undefined) changes.set(key, { requests: 1, before: old, after: now, query })
      else change.requests++
    },

    changes(): readonly DecisionChange[] {
      return [...changes.values()]
        .map(({ query, ...change }) => ({ host: query.host, port: query.port, ...change }))
        .toSorted((a, b) => b.requests - a.requests)
    },
  }
}

function decide(ruleSet: RuleSet, { query, ip }: LoggedRequest): RuleDecision {
  const byName = ruleSet.decide(query)
  return ip === null || query.family !== 0 ? byName : ruleSet.decideAddresses(byName, query, [ip])
}

type LoggedTarget = { readonly form?: unknown; readonly host?: unknown; readonly port?: unknown; readonly ip?: unknown }

function targetOf(line: string): LoggedTarget | undefined {
  let record: unknown
  try {
    record = JSON.parse(line)
  } catch {
    return undefined
  }
  const target = isObject(record) && 'target' in record ? record.target : undefined
  return isObject(target) ? target : undefined
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null
}
