import { type Counts, countOne, observe, type RequestCounts, requestPlace } from '../counts.js'
import type { Exchange } from '../pipeline/exchange.js'
import type { Outcome } from './access-record.js'

/** Indices in METHOD_CLASSES and DECISIONS. */
const [READ, WRITE, CONNECT, OTHER] = [0, 1, 2, 3]
const [ALLOW, BLOCK, REPORT] = [0, 1, 2]

/** As much of an exchange as counting it takes. */
export type CountedExchange = Pick<Exchange, 'method' | 'form' | 'decision' | 'wouldBlock' | 'detail'>

/**
 * Adds an exchange that has ended to the counts. Its octets are added by whoever moves them.
 *
 * @param requests of the listener it came by
 * @param durationMs undefined for a tunnel, which lasts as long as its ends like
 */
export function countExchange(
  counts: Counts,
  requests: RequestCounts,
  exchange: CountedExchange,
  { status, error }: Pick<Outcome, 'status' | 'error'>,
  durationMs: number | undefined,
): void {
  const { decision, wouldBlock } = exchange
  const isByRules = decision.reason === 'rule' || decision.reason === 'default'
  const how = decision.action === 'allow' ? ALLOW : wouldBlock && isByRules ? REPORT : BLOCK
  const place = requestPlace(methodClass(exchange), how, status)
  requests[place] = (requests[place] ?? 0) + 1
  if (durationMs !== undefined) observe(counts.requestMs, durationMs)
  if (decision.rule !== null) countRule(counts, decision.rule.list, decision.level)
  else if (decision.reason === 'default') counts.byDefault++
  if (error === null || error === 'client_aborted') return
  counts.errors[error]++
  if (error === 'VG_ADDRESS_PROHIBITED') countOne(counts.guardRefusals, exchange.detail || 'unknown')
}

function methodClass({ method, form }: CountedExchange): number {
  if (form === 'authority') return CONNECT
  switch (method) {
    case 'GET':
    case 'HEAD':
      return READ
    case 'POST':
    case 'PUT':
    case 'PATCH':
    case 'DELETE':
      return WRITE
    default:
      return OTHER
  }
}

function countRule({ byRule }: Counts, list: string, level: string): void {
  let levels = byRule.get(list)
  if (levels === undefined) {
    levels = new Map()
    byRule.set(list, levels)
  }
  countOne(levels, level)
}
