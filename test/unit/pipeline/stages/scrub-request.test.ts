import { expect, test } from 'vitest'
import { parseTargetStage } from '../../../../src/pipeline/stages/parse-target.js'
import { scrubRequestStage } from '../../../../src/pipeline/stages/scrub-request.js'
import { exchangeOf } from '../../../helpers/exchanges.js'

test('makes the head for the origin, and tells what it took out', () => {
  const exchange = exchangeOf('GET http://a.test:81/p?q\nHost: x\nVia: 1.1 a\nX-Kept: 1\nX-Forwarded-For: 10.0.0.1')
  exchange.headersRemoved = []
  parseTargetStage(exchange)
  expect(scrubRequestStage(exchange)).toBe(true)
  expect(exchange.requestHead).toBe('GET /p?q HTTP/1.1\r\nHost: a.test:81\r\nX-Kept: 1\r\n\r\n')
  expect(exchange.headersRemoved).toEqual(['Via', 'X-Forwarded-For'])
})

test('makes none for a tunnel', () => {
  const exchange = exchangeOf('CONNECT a.test:443')
  parseTargetStage(exchange)
  expect(scrubRequestStage(exchange)).toBe(true)
  expect(exchange.requestHead).toBe('')
})

test('the Host of the usual port is the host alone', () => {
  const exchange = exchangeOf('GET http://A.test:80/\nHost: other')
  parseTargetStage(exchange)
  scrubRequestStage(exchange)
  expect(exchange.requestHead).toBe('GET / HTTP/1.1\r\nHost: a.test\r\n\r\n')
})
