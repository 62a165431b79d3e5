import { expect, test } from 'vitest'
import { checkLoopStage } from '../../../../src/pipeline/stages/check-loop.js'
import { parseTargetStage } from '../../../../src/pipeline/stages/parse-target.js'
import { exchangeOf, policyOf } from '../../../helpers/exchanges.js'

test.each([
  ['CONNECT 127.0.0.1:3128', false],
  ['GET http://127.1:3128/', false],
  ['GET http://[::ffff:127.0.0.1]:3128/', false],
  ['GET http://127.0.0.1:3129/', true],
  ['GET http://localhost:3128/', true],
])('%s goes on: %s', (text, goesOn) => {
  const exchange = exchangeOf(text)
  parseTargetStage(exchange)
  expect(checkLoopStage(exchange)).toBe(goesOn)
  if (!goesOn) expect(exchange).toMatchObject({ error: 'VG_PROXY_LOOP', decision: { reason: 'loop' } })
})

test('a name is never compared with listeners: its addresses are, when DNS has answered', () => {
  const policy = { ...policyOf(), isOwn: () => true }
  const ask = (text: string) => {
    const exchange = exchangeOf(text, policy)
    parseTargetStage(exchange)
    return checkLoopStage(exchange)
  }
  expect(ask('GET http://a.test:3128/')).toBe(true)
  expect(ask('GET http://192.0.2.1:3128/')).toBe(false)
})
