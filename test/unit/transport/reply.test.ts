import { expect, test } from 'vitest'
import { decideRequest } from '../../../src/pipeline/request-pipeline.js'
import { createDateField, localAnswer, statusOf, toRefusal } from '../../../src/transport/reply.js'
import { exchangeOf, policyOf } from '../../helpers/exchanges.js'

test('the date is that of the second, made once in it', () => {
  let now = 784_111_777_000
  const date = createDateField(() => now)
  const first = date()
  expect(first).toBe('Sun, 06 Nov 1994 08:49:37 GMT')
  now += 999
  expect(date()).toBe(first)
  now += 1
  expect(date()).toBe('Sun, 06 Nov 1994 08:49:38 GMT')
})

test('a block has the status of the policy, all else that of the catalogue', () => {
  const policy = policyOf([], { rules: { blockStatus: 451 } })
  expect(statusOf('VG_REQUEST_BLOCKED', policy)).toBe(451)
  expect(statusOf('VG_PORT_REFUSED', policy)).toBe(403)
})

test('a refusal says what was asked, by whom it was refused and why', () => {
  const exchange = exchangeOf(
    'GET http://A.Test:81/p?q\nHost: x\nAccept: a/b\nSec-Fetch-Dest: empty',
    policyOf(['block a.test']),
  )
  decideRequest(exchange)
  expect(toRefusal(exchange, 'VG_REQUEST_BLOCKED', 't.rules:1', 'now', true)).toMatchObject({
    code: 'VG_REQUEST_BLOCKED',
    status: 403,
    detail: 't.rules:1',
    rule: { line: 1 },
    method: 'GET',
    form: 'absolute',
    host: 'a.test',
    url: 'http://a.test:81/p?q',
    accept: 'a/b',
    secFetchDest: 'empty',
    requestId: 'id',
    date: 'now',
    keepAlive: true,
    httpMinor: 1,
  })
})

test('a refusal that no rule made names none', () => {
  const exchange = exchangeOf('GET http://a.test/', policyOf(['allow a.test']))
  decideRequest(exchange)
  expect(toRefusal(exchange, 'VG_DNS_ERROR', '', '', true)).toMatchObject({ rule: null, detail: null })
})

test('OPTIONS is told what is served, TRACE what was received', () => {
  expect(String(localAnswer(exchangeOf('OPTIONS *'), 'now', true))).toMatch(
    /^HTTP\/1\.1 200 OK\r\nDate: now\r\nAllow: /,
  )
  const trace = String(localAnswer(exchangeOf('TRACE http://a.test/\nHost: x\nX-A:  b '), 'now', false))
  expect(trace).toContain('Connection: close\r\n')
  expect(trace).toMatch(/\r\n\r\nTRACE http:\/\/a\.test\/ HTTP\/1\.1\r\nHost: x\r\nX-A: b\r\n\r\n$/)
})
