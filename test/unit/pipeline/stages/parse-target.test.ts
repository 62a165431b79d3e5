import { expect, test } from 'vitest'
import { parseTargetStage } from '../../../../src/pipeline/stages/parse-target.js'
import { exchangeOf } from '../../../helpers/exchanges.js'

test.each([
  ['GET http://a.test/p?q', { form: 'absolute', path: '/p?q' }, 'a.test:80'],
  ['GET http://A.test', { form: 'absolute', path: '/' }, 'a.test:80'],
  ['GET HTTP://a.test:8080?q', { form: 'absolute', path: '/?q' }, 'a.test:8080'],
  ['CONNECT a.test:443', { form: 'authority', path: '' }, 'a.test:443'],
  ['OPTIONS http://a.test', { form: 'absolute', path: '*' }, 'a.test:80'],
  ['OPTIONS http://a.test?q', { form: 'absolute', path: '/?q' }, 'a.test:80'],
  ['OPTIONS http://a.test:8080', { form: 'absolute', path: '*' }, 'a.test:8080'],
  ['GET http://[2001:DB8::1]/', { form: 'absolute', path: '/' }, '[2001:db8::1]:80'],
  ['POST http://a.test/\nHost: x\nContent-Length: 1', { form: 'absolute', path: '/' }, 'a.test:80'],
  ['TRACE http://a.test/\nHost: x\nContent-Length: 0', { form: 'absolute', path: '/' }, 'a.test:80'],
  ['CONNECT a.test:443\nHost: x\nContent-Length: 0', { form: 'authority', path: '' }, 'a.test:443'],
  ['OPTIONS http://a.test/', { form: 'absolute', path: '/' }, 'a.test:80'],
])('%j goes on as %j to %s', (text, expected, key) => {
  const exchange = exchangeOf(text)
  expect(parseTargetStage(exchange)).toBe(true)
  expect(exchange).toMatchObject(expected)
  expect(exchange.route?.key).toBe(key)
})

test.each([
  ['GET /', 'VG_TARGET_NOT_PROXY'],
  ['GET *', 'VG_TARGET_MALFORMED'],
  ['GET https://a.test/', 'VG_TARGET_MALFORMED'],
  ['GET http://a.test/#f', 'VG_TARGET_MALFORMED'],
  ['GET http:///p', 'VG_TARGET_MALFORMED'],
  ['GET ws://a.test/', 'VG_TARGET_MALFORMED'],
  ['GET ftp://a.test/', 'VG_SCHEME_UNSUPPORTED'],
  ['CONNECT a.test', 'VG_TARGET_MALFORMED'],
  ['CONNECT http://a.test:443', 'VG_TARGET_MALFORMED'],
  ['CONNECT a.test:443\nHost: x\nContent-Length: 1', 'VG_FRAMING_CONFLICT'],
  ['CONNECT a.test:443\nHost: x\nTransfer-Encoding: chunked', 'VG_FRAMING_CONFLICT'],
  ['TRACE http://a.test/\nHost: x\nContent-Length: 1', 'VG_FRAMING_CONFLICT'],
  ['TRACE http://a.test/\nHost: x\nTransfer-Encoding: chunked', 'VG_FRAMING_CONFLICT'],
])('%j is settled as %s', (text, error) => {
  const exchange = exchangeOf(text)
  expect(parseTargetStage(exchange)).toBe(false)
  expect(exchange).toMatchObject({ plan: 'refuse', error })
})

test('OPTIONS * is answered here', () => {
  const exchange = exchangeOf('OPTIONS *')
  expect(parseTargetStage(exchange)).toBe(false)
  expect(exchange).toMatchObject({ plan: 'answer', form: 'asterisk', path: '*' })
})

test('ws: with an upgrade is served', () => {
  const exchange = exchangeOf('GET ws://a.test/\nHost: x\nConnection: Upgrade\nUpgrade: websocket')
  expect(parseTargetStage(exchange)).toBe(true)
  expect(exchange).toMatchObject({ form: 'absolute', upgrade: true })
})
