import { expect, test } from 'vitest'
import { decideRequest } from '../../../src/pipeline/request-pipeline.js'
import { exchangeOf, policyOf } from '../../helpers/exchanges.js'

function decided(text: string, ...policy: Parameters<typeof policyOf>) {
  const exchange = exchangeOf(text, policyOf(...policy))
  decideRequest(exchange)
  return exchange
}

test('a request for an allowed target is forwarded, with its head made', () => {
  const exchange = decided('GET http://a.test/p')
  expect(exchange.plan).toBe('forward')
  expect(exchange.requestHead).toBe('GET /p HTTP/1.1\r\nHost: a.test\r\n\r\n')
})

test('a CONNECT to an allowed target is a tunnel, without a head', () => {
  expect(decided('CONNECT a.test:443')).toMatchObject({ plan: 'tunnel', requestHead: '' })
})

test.each([
  ['a malformed target before anything else', 'GET /x', 'VG_TARGET_NOT_PROXY'],
  ['a rule before the loop', 'GET http://127.0.0.1:3128/', 'VG_REQUEST_BLOCKED', ['block 127.0.0.1']],
  ['the loop before the port', 'CONNECT 127.0.0.1:3128', 'VG_PROXY_LOOP'],
  ['the loop before the guard', 'GET http://127.0.0.1:3128/', 'VG_PROXY_LOOP'],
  ['the port before the guard', 'CONNECT 127.0.0.1:25', 'VG_PORT_REFUSED'],
  ['the guard last', 'CONNECT 127.0.0.1:443', 'VG_ADDRESS_PROHIBITED'],
] as const)('refuses %s', (_what, text, error, lines: readonly string[] = []) => {
  expect(decided(text, lines)).toMatchObject({ plan: 'refuse', error })
})

test('no rule opens a port or an address, not even one that beats all others', () => {
  expect(decided('CONNECT 127.0.0.1:443', ['allow! *']).error).toBe('VG_ADDRESS_PROHIBITED')
  expect(decided('CONNECT a.test:25', ['allow! *']).error).toBe('VG_PORT_REFUSED')
})

test('a request that is answered here is asked of no rule', () => {
  expect(decided('TRACE http://a.test/\nHost: x\nMax-Forwards: 0', ['block *.test']).plan).toBe('answer')
})
