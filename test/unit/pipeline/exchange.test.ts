import { expect, test } from 'vitest'
import { refusalBy, refuse, settleLocally } from '../../../src/pipeline/exchange.js'
import { exchangeOf } from '../../helpers/exchanges.js'

test('an exchange begins as one that nothing has allowed', () => {
  const exchange = exchangeOf('GET http://a.test/p')
  expect(exchange).toMatchObject({
    method: 'GET',
    minor: 1,
    plan: 'refuse',
    form: 'invalid',
    path: '',
    wouldBlock: false,
    id: 'id',
    startedAt: 1_000,
    client: { ip: '127.0.0.1', port: 9 },
    decision: { action: 'allow', reason: 'default' },
    error: undefined,
    upgrade: false,
    headersRemoved: undefined,
  })
  expect(exchange.headText).toBe('GET http://a.test/p HTTP/1.1\r\nHost: x\r\n')
  expect(exchange.route).toBeUndefined()
})

test('a refusal settles it with error, detail and decision', () => {
  const exchange = exchangeOf('GET http://a.test/')
  exchange.plan = 'forward'
  expect(refuse(exchange, 'VG_PORT_REFUSED', 'port 25', refusalBy('port'))).toBe(false)
  expect(exchange).toMatchObject({ plan: 'refuse', error: 'VG_PORT_REFUSED', detail: 'port 25' })
  expect(exchange.decision).toEqual({ action: 'block', reason: 'port', level: 'default', rule: null })
})

test('a refusal without a decision is of something malformed', () => {
  const exchange = exchangeOf('GET http://a.test/')
  refuse(exchange, 'VG_TARGET_MALFORMED', '')
  expect(exchange.decision.reason).toBe('malformed')
})

test('an answer of our own settles it as allowed', () => {
  const exchange = exchangeOf('OPTIONS *')
  expect(settleLocally(exchange)).toBe(false)
  expect(exchange.plan).toBe('answer')
  expect(exchange.decision).toMatchObject({ action: 'allow', reason: 'local' })
})
