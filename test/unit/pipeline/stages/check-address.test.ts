import { expect, test } from 'vitest'
import { checkAddressStage } from '../../../../src/pipeline/stages/check-address.js'
import { parseTargetStage } from '../../../../src/pipeline/stages/parse-target.js'
import { exchangeOf, policyOf } from '../../../helpers/exchanges.js'

const policy = policyOf([], { egress: { guard: { allow: ['10.1.0.0/16'] } } })

test.each([
  ['CONNECT 10.0.0.1:443', 'private'],
  ['GET http://[::1]/', 'loopback'],
  ['GET http://169.254.169.254/', 'link-local'],
])('%s is refused as %s', (text, detail) => {
  const exchange = exchangeOf(text, policy)
  parseTargetStage(exchange)
  expect(checkAddressStage(exchange)).toBe(false)
  expect(exchange).toMatchObject({ error: 'VG_ADDRESS_PROHIBITED', decision: { reason: 'guard' } })
  expect(exchange.detail).toContain(detail)
})

test.each(['GET http://8.8.8.8/', 'GET http://10.1.2.3/', 'GET http://internal.test/'])('%s goes on', (text) => {
  const exchange = exchangeOf(text, policy)
  parseTargetStage(exchange)
  expect(checkAddressStage(exchange)).toBe(true)
})
