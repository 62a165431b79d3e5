import { describe, expect, test } from 'vitest'
import { decideRequest } from '../../../src/pipeline/request-pipeline.js'
import { createOutcome, toAccessRecord } from '../../../src/transport/access-record.js'
import { exchangeOf, policyOf } from '../../helpers/exchanges.js'

function recordOf(text: string, lines: readonly string[] = [], fields = '', outcome = {}) {
  const exchange = exchangeOf(text, policyOf(lines), fields)
  decideRequest(exchange)
  return toAccessRecord(exchange, { ...createOutcome(), ...outcome }, 'http://127.0.0.1:3128', exchange.startedAt + 25)
}

describe('access record', () => {
  test('names what was asked, without its query', () => {
    const record = recordOf('GET http://a.test:8080/x/y?token=secret')
    expect(record.target).toMatchObject({ form: 'absolute', host: 'a.test', port: 8080, path: '/x/y', hadQuery: true })
    expect(JSON.stringify(record)).not.toContain('secret')
  })

  test('names the rule that decided', () => {
    expect(recordOf('CONNECT ads.test:443', ['block ads.test']).decision).toEqual({
      action: 'block',
      reason: 'rule',
      level: 'block',
      rule: { list: 't.rules', line: 1, text: 'block ads.test' },
    })
  })

  test('tells times in tenths of a millisecond and since the request began', () => {
    const started = recordOf('GET http://a.test/').ts
    const { ms } = recordOf('GET http://a.test/', [], '', {
      dnsMs: 1.26,
      connectMs: 0.04,
      firstByteAt: started + 12,
    })
    expect(ms).toEqual({ dns: 1.3, connect: 0, ttfb: 12, total: 25 })
    expect(recordOf('GET http://a.test/').ms).toEqual({ dns: null, connect: null, ttfb: null, total: 25 })
  })

  test('egress is what it left with, and null where nothing was dialled', () => {
    expect(recordOf('GET http://a.test/').egress).toBeNull()
    const dialled = recordOf('GET http://a.test/', [], '', { ip: '192.0.2.1', localIp: '198.51.100.7' })
    expect(dialled.egress).toEqual({ route: 'direct', ip: '198.51.100.7' })
    expect(dialled.target.ip).toBe('192.0.2.1')
  })

  test('Referer and User-Agent are those the client sent', () => {
    const record = recordOf('GET http://a.test/', [], 'Referer: http://b.test/\r\nUser-Agent: one/1\r\n')
    expect(record).toMatchObject({ referer: 'http://b.test/', userAgent: 'one/1' })
  })
})
