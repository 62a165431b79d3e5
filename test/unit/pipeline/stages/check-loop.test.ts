import { expect, test } from 'vitest'
import { checkLoopStage } from '../../../../src/pipeline/stages/check-loop.js'
import { parseTargetStage } from '../../../../src/pipeline/stages/parse-target.js'
import { exchangeOf } from '../../../helpers/exchanges.js'

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
