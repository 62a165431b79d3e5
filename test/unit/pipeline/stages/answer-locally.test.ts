import { expect, test } from 'vitest'
import { answerLocallyStage } from '../../../../src/pipeline/stages/answer-locally.js'
import { exchangeOf } from '../../../helpers/exchanges.js'

test.each(['OPTIONS', 'TRACE'])('%s with no forwards left ends here', (method) => {
  const exchange = exchangeOf(`${method} http://a.test/\nHost: x\nMax-Forwards: 0`)
  expect(answerLocallyStage(exchange)).toBe(false)
  expect(exchange.plan).toBe('answer')
  expect(exchange.decision).toMatchObject({ action: 'allow', reason: 'local' })
})

test.each([
  'GET http://a.test/\nHost: x\nMax-Forwards: 0',
  'OPTIONS http://a.test/\nHost: x\nMax-Forwards: 1',
  'OPTIONS http://a.test/',
])('%j goes on', (text) => {
  expect(answerLocallyStage(exchangeOf(text))).toBe(true)
})
