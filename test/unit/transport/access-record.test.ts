import { expect, test } from 'vitest'
import { decideRequest } from '../../../src/pipeline/request-pipeline.js'
import { createOutcome, noteForLog, toAccessRecord } from '../../../src/transport/access-record.js'
import { exchangeOf, policyOf } from '../../helpers/exchanges.js'

const LISTENER = 'http://127.0.0.1:3128'

function decided(text: string, lines: readonly string[] = []) {
  const exchange = exchangeOf(text, policyOf(lines))
  decideRequest(exchange)
  return exchange
}

test('holds what was asked without its query, and what came of it', () => {
  const exchange = decided('GET http://a.test:8080/p?secret\nHost: x\nReferer: http://r.test/\nUser-Agent: u', [
    'allow a.test',
  ])
  const outcome = {
    ...createOutcome(),
    status: 200,
    ip: '192.0.2.1',
    localIp: '198.51.100.1',
    dnsMs: 1.26,
    connectMs: 2,
    firstByteAt: 1_030,
  }
  noteForLog(outcome, exchange.head.fields)
  const record = toAccessRecord(exchange, outcome, LISTENER, 1_100)
  expect(record).toMatchObject({
    ts: 1_000,
    id: 'id',
    listener: LISTENER,
    target: { host: 'a.test', port: 8080, path: '/p', hadQuery: true, ip: '192.0.2.1' },
    decision: { action: 'allow', rule: { list: 't.rules', line: 1, text: 'allow a.test' } },
    egress: { route: 'direct', ip: '198.51.100.1' },
    status: 200,
    ms: { dns: 1.3, connect: 2, ttfb: 30, total: 100 },
    referer: 'http://r.test/',
    userAgent: 'u',
  })
  expect(JSON.stringify(record)).not.toContain('secret')
})

test('of what went nowhere says so', () => {
  expect(toAccessRecord(decided('GET /'), createOutcome(), LISTENER, 1_000)).toMatchObject({
    target: { form: 'origin', host: '', port: 0, path: '', ip: null },
    egress: null,
    ms: { dns: null, connect: null, ttfb: null, total: 0 },
    headersRemoved: [],
  })
})
