import { expect, test } from 'vitest'
import { checkPortStage } from '../../../../src/pipeline/stages/check-port.js'
import { parseTargetStage } from '../../../../src/pipeline/stages/parse-target.js'
import { exchangeOf, policyOf } from '../../../helpers/exchanges.js'

const policy = policyOf([], { egress: { connectPorts: [[443, 443]], httpPorts: [[80, 81]] } })

test.each([
  ['CONNECT a.test:443', true],
  ['CONNECT a.test:80', false],
  ['GET http://a.test/', true],
  ['GET http://a.test:81/', true],
  ['GET http://a.test:443/', false],
])('%s goes on: %s', (text, goesOn) => {
  const exchange = exchangeOf(text, policy)
  parseTargetStage(exchange)
  expect(checkPortStage(exchange)).toBe(goesOn)
  if (!goesOn)
    expect(exchange).toMatchObject({
      error: 'VG_PORT_REFUSED',
      decision: { reason: 'port' },
      detail: `port ${exchange.route?.authority.port}`,
    })
})

test('a request without a route has no port to check', () => {
  expect(checkPortStage(exchangeOf('OPTIONS *', policy))).toBe(true)
})
