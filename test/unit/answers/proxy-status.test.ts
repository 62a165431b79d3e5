import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { proxyStatus, sfString } from '../../../src/answers/proxy-status.js'
import { blockingRule, refusalOf } from './refusals.js'

describe('Proxy-Status', () => {
  test('a rule is named by list and line', () => {
    expect(proxyStatus(refusalOf())).toBe('veilgate; error=http_request_denied; details="my.rules:3"')
  })

  test('a rule about another name of the host is told with that name', () => {
    expect(proxyStatus(refusalOf({ cname: 'x.tracker.test' }))).toBe(
      'veilgate; error=http_request_denied; details="my.rules:3 via CNAME x.tracker.test"',
    )
  })

  test('a block by the default has no details', () => {
    expect(proxyStatus(refusalOf({ rule: null }))).toBe('veilgate; error=http_request_denied')
  })

  test.each([
    ['NXDOMAIN', 'rcode="NXDOMAIN"'],
    ['SERVFAIL from 192.0.2.53', 'rcode="SERVFAIL"; details="SERVFAIL from 192.0.2.53"'],
    ['no address', 'details="no address"'],
    ['ENOTFOUND', 'details="ENOTFOUND"'],
  ])('dns_error with detail %j gives %s', (detail, expected) => {
    const refusal = refusalOf({ code: 'VG_DNS_ERROR', status: 502, rule: null, detail })
    expect(proxyStatus(refusal)).toBe(`veilgate; error=dns_error; ${expected}`)
  })

  test('only dns_error has an rcode', () => {
    const refusal = refusalOf({ code: 'VG_ORIGIN_REFUSED', status: 502, rule: null, detail: 'REFUSED' })
    expect(proxyStatus(refusal)).toBe('veilgate; error=connection_refused; details="REFUSED"')
  })

  test('quotes and backslashes in a file name are escaped, the rest of what a String cannot hold replaced', () => {
    const rule = { ...blockingRule, list: 'a"b\\c\r\nd é😀.rules' }
    expect(proxyStatus(refusalOf({ rule }))).toContain('details="a\\"b\\\\c??d ??.rules:3"')
  })

  // invariant: any text becomes exactly one String of RFC 9651 §3.3.3
  test('every text becomes one structured-field String', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(sfString(text)).toMatch(/^"(?:[\x20\x21\x23-\x5b\x5d-\x7e]|\\["\\])*"$/)
      }),
      { numRuns: Number(process.env.FUZZ_RUNS ?? 100) },
    )
  })

  test('a long detail is cut', () => {
    expect(sfString('x'.repeat(5000))).toHaveLength(258)
  })
})
