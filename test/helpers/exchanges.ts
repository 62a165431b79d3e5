import { compileRules } from '../../src/compile-rules.js'
import { type Config, DEFAULT_CONFIG } from '../../src/config/config.js'
import { mergeSettings, type Settings } from '../../src/config/settings.js'
import { createRequestHead, parseRequestHead } from '../../src/http/request-head.js'
import { compilePolicy } from '../../src/pipeline/compile-policy.js'
import { createExchange, type Exchange } from '../../src/pipeline/exchange.js'
import type { Policy } from '../../src/pipeline/policy.js'

export const LIMITS: Config['limits'] = DEFAULT_CONFIG.limits

/** A policy of `lines` and of what differs from the defaults, on a machine that listens on 127.0.0.1:3128. */
export function policyOf(lines: readonly string[] = [], settings: Settings = {}): Policy {
  const rules = compileRules(lines.length === 0 ? [] : [{ name: 't.rules', text: lines.join('\n') }])
  return compilePolicy(mergeSettings(settings), rules, {
    listening: [{ address: '127.0.0.1', port: 3128 }],
    localAddresses: ['127.0.0.1'],
  })
}

/** The exchange of a request, given as its request line and field lines, before any stage. */
export function exchangeOf(text: string, policy: Policy = policyOf()): Exchange {
  const head = createRequestHead(LIMITS)
  const [line = '', ...fields] = text.split('\n')
  const written = [`${line} HTTP/1.1`, ...(fields.length === 0 ? ['Host: x'] : fields)].join('\r\n')
  const isRead = parseRequestHead(`${written}\r\n`, LIMITS, policy.headers.request.table, head)
  if (!isRead) throw new Error(`${text}: ${head.error} ${head.detail}`)
  return createExchange({ id: 'id', startedAt: 1_000, client: { ip: '127.0.0.1', port: 9 }, policy, head })
}
