import { describe, expect, test } from 'vitest'
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
})
