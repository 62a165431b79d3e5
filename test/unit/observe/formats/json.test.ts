import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { AccessRecord } from '../../../../src/channels.js'
import { jsonLine } from '../../../../src/observe/escape.js'
import { formatJson } from '../../../../src/observe/formats/json.js'
import { BLOCKED, recordOf } from '../records.js'

describe('json format', () => {
  test('has the names of the contract and no others', () => {
    const record = recordOf({ ...BLOCKED, headersRemoved: ['x-forwarded-for'], referer: 'http://r.test/' })
    expect(JSON.parse(formatJson(record))).toEqual({
      ts: '2026-11-23T23:22:34.845Z',
      id: '01H-abc',
      client: { ip: '127.0.0.1', port: 50123, user: null, group: null },
      listener: 'http://127.0.0.1:3128',
      method: 'GET',
      target: { form: 'absolute', host: 'blocked.test', port: 80, ip: null, sni: null },
      decision: {
        action: 'block',
        reason: 'rule',
        level: 'block',
        rule: { list: 'my.rules', line: 3, text: 'block blocked.test' },
      },
      egress: null,
      status: 403,
      bytes: { fromClient: 120, toClient: 285 },
      ms: { dns: null, connect: 1, ttfb: 2, total: 2 },
      headersRemoved: ['x-forwarded-for'],
      wouldBlock: false,
      error: 'VG_REQUEST_BLOCKED',
    })
  })

  test('the names stand in the order of the contract', () => {
    expect(Object.keys(JSON.parse(formatJson(recordOf()))).join(' ')).toBe(
      'ts id client listener method target decision egress status bytes ms headersRemoved wouldBlock error',
    )
  })

  test('the way out is told where there was one', () => {
    expect(JSON.parse(formatJson(recordOf())).egress).toEqual({ route: 'direct', ip: '127.0.0.1' })
  })

  test('a host with a line feed or ESC stays in its line', () => {
    const line = formatJson(recordOf({ target: { host: 'a\n{"fake":1}\x1b[2J\u2028' } }))
    expect(line).not.toMatch(/[\p{Cc}\p{Zl}]/u)
    expect(JSON.parse(line).target.host).toBe('a\n{"fake":1}\x1b[2J\u2028')
  })

  // invariant: a line put together by hand is the one JSON.stringify makes of the same values, whatever line came before
  test('is what JSON.stringify makes of it', () => {
    const text = fc.oneof(fc.string({ unit: 'binary', maxLength: 12 }), fc.constantFrom('GET', 'http://127.0.0.1:3128'))
    const textOrNull = fc.option(text, { nil: null })
    const ms = fc.option(fc.oneof(fc.nat(), fc.constantFrom(0.1, 12.3, 1e21)), { nil: null })
    const few = fc.constantFrom('a', 'b')
    const record: fc.Arbitrary<AccessRecord> = fc.record({
      ts: fc.nat({ max: 4_102_444_800_000 }),
      id: text,
      client: fc.record({ ip: text, port: fc.nat(), user: textOrNull, group: textOrNull }),
      listener: few,
      method: few,
      httpMinor: fc.constant(1),
      target: fc.record({
        form: fc.constantFrom('absolute', 'authority', 'invalid'),
        host: text,
        port: fc.nat(),
        path: text,
        ip: textOrNull,
        sni: textOrNull,
      }),
      decision: fc.record(
        {
          action: fc.constantFrom('allow', 'block'),
          reason: fc.constantFrom('rule', 'default'),
          level: few,
          rule: fc.option(fc.record({ list: few, line: fc.nat({ max: 1 }), text }), { nil: null }),
          cname: few,
        },
        { requiredKeys: ['action', 'reason', 'level', 'rule'] },
      ),
      egress: fc.option(fc.record({ route: fc.constant('direct' as const), ip: fc.option(few, { nil: null }) }), {
        nil: null,
      }),
      status: fc.nat(),
      bytes: fc.record({ fromClient: fc.nat(), toClient: fc.nat() }),
      ms: fc.record({ dns: ms, connect: ms, ttfb: ms, total: fc.nat() }),
      headersRemoved: fc.array(text, { maxLength: 3 }),
      wouldBlock: fc.boolean(),
      error: textOrNull,
      referer: text,
      userAgent: text,
      contentType: text,
    })
    fc.assert(
      fc.property(fc.array(record, { minLength: 1, maxLength: 4 }), (records) => {
        for (const one of records) expect(formatJson(one)).toBe(byStringify(one))
      }),
      { numRuns: Number(process.env.FUZZ_RUNS ?? 300) },
    )
  })
})

function byStringify(record: AccessRecord): string {
  const { ts, id, client, listener, method, target, decision, egress, status, bytes, ms } = record
  const { headersRemoved, wouldBlock, error } = record
  const { form, host, port, ip, sni } = target
  return jsonLine({
    ts: new Date(ts).toISOString(),
    id,
    client,
    listener,
    method,
    target: { form, host, port, ip, sni },
    decision,
    egress,
    status,
    bytes,
    ms,
    headersRemoved,
    wouldBlock,
    error,
  })
}
