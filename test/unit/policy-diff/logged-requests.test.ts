import { describe, expect, test } from 'vitest'
import { compileRules } from '../../../src/compile-rules.js'
import { createRequestComparison, parseLoggedRequest } from '../../../src/policy-diff/logged-requests.js'

const rules = (text: string) => compileRules([{ name: 'x', text }])
const record = (target: object) => JSON.stringify({ target })

describe('parseLoggedRequest', () => {
  test('a tunnel has no path, a plain request one', () => {
    expect(parseLoggedRequest(record({ form: 'authority', host: 'a.test', port: 443, ip: '192.0.2.1' }))).toEqual({
      query: { host: 'a.test', port: 443, family: 0, path: undefined },
      ip: '192.0.2.1',
    })
    expect(parseLoggedRequest(record({ form: 'absolute', host: '2001:db8::1', port: 80, ip: null }))).toEqual({
      query: { host: '2001:db8::1', port: 80, family: 6, path: '/' },
      ip: null,
    })
  })

  test.each(['', '{', 'null', '[]', '{}', record({}), record({ form: 'invalid', host: '', port: 0 }), '{"target":3}'])(
    '%j is no request for a target',
    (line) => {
      expect(parseLoggedRequest(line)).toBeUndefined()
    },
  )
})

describe('createRequestComparison', () => {
  const request = (host: string, ip: string | null = null) => ({
    query: { host, port: 443, family: 0 as const, path: undefined },
    ip,
  })

  test('counts targets whose decision changes, the busiest first', () => {
    const comparison = createRequestComparison(
      rules('block a.test\nblock same.test'),
      rules('block .b.test\nblock *.test'),
    )
    for (const host of ['b.test', 'same.test', 'x.b.test', 'x.b.test', 'a.test']) comparison.add(request(host))
    expect(comparison.changes()).toMatchObject([
      {
        host: 'x.b.test',
        port: 443,
        requests: 2,
        before: { rule: null },
        after: { action: 'block', rule: { line: 1 } },
      },
      { host: 'b.test', requests: 1, before: { action: 'allow' }, after: { action: 'block' } },
    ])
  })

  test('asks address rules about the address that was dialled', () => {
    const comparison = createRequestComparison(rules('block x.test'), rules('block 192.0.2.0/24'))
    comparison.add(request('a.test', '192.0.2.7'))
    comparison.add(request('a.test', '198.51.100.7'))
    comparison.add(request('a.test'))
    expect(comparison.changes()).toMatchObject([{ host: 'a.test', requests: 1 }])
  })
})
