import { expect, test } from 'vitest'
import { createCounts, DECISIONS, METHOD_CLASSES, requestCountsOf, requestPlace } from '../../../src/counts.js'
import { refuse } from '../../../src/pipeline/exchange.js'
import { decideRequest } from '../../../src/pipeline/request-pipeline.js'
import { createOutcome } from '../../../src/transport/access-record.js'
import { countExchange } from '../../../src/transport/count-exchange.js'
import { exchangeOf, policyOf } from '../../helpers/exchanges.js'

function counted(text: string, lines: readonly string[] = [], status = 200) {
  const counts = createCounts()
  const requests = requestCountsOf(counts, 'http-1')
  const exchange = exchangeOf(text, policyOf(lines))
  decideRequest(exchange)
  const outcome = { ...createOutcome(), status, error: exchange.error ?? null }
  countExchange(counts, requests, exchange, outcome, 7)
  const place = requests.indexOf(1)
  const [methodClass, decision] = [Math.floor(place / 1_800), Math.floor(place / 600) % 3]
  expect(place).toBe(requestPlace(methodClass, decision, status))
  return { counts, as: `${METHOD_CLASSES[methodClass]} ${DECISIONS[decision]}` }
}

test.each([
  ['GET http://a.test/', 'read allow'],
  ['HEAD http://a.test/', 'read allow'],
  ['POST http://a.test/', 'write allow'],
  ['PATCH http://a.test/', 'write allow'],
  ['PROPFIND http://a.test/', 'other allow'],
  ['CONNECT a.test:443', 'connect allow'],
  ['GET http://b.test/', 'read block'],
  ['CONNECT b.test:443', 'connect block'],
  ['GET /', 'read block'],
])('%s counts as %s', (text, as) => {
  expect(counted(text, ['block b.test']).as).toBe(as)
})

test('the rule that decided is counted by its list and level, and where there is none the default', () => {
  const lines = ['block! b.test', 'allow c.test']
  expect([...(counted('GET http://b.test/', lines).counts.byRule.get('t.rules') ?? [])]).toEqual([['block!', 1]])
  expect([...(counted('GET http://c.test/', lines).counts.byRule.get('t.rules') ?? [])]).toEqual([['allow', 1]])
  const { byRule, byDefault } = counted('GET http://d.test/', lines).counts
  expect([byRule.size, byDefault]).toEqual([0, 1])
  // what could not be read as a request was not decided about
  expect(counted('GET /', lines).counts.byDefault).toBe(0)
})

test('errors are counted by code, and a client that left is none', () => {
  expect(counted('GET http://b.test/', ['block b.test']).counts.errors.VG_REQUEST_BLOCKED).toBe(1)
  const counts = createCounts()
  const outcome = { ...createOutcome(), error: 'client_aborted' as const }
  countExchange(counts, requestCountsOf(counts, 'http-1'), exchangeOf('GET http://a.test/'), outcome, 1)
  expect(Object.values(counts.errors).every((count) => count === 0)).toBe(true)
})

test('a refusal of the guard is counted by the class of the address', () => {
  const counts = createCounts()
  const exchange = exchangeOf('GET http://a.test/')
  refuse(exchange, 'VG_ADDRESS_PROHIBITED', 'private')
  const outcome = { ...createOutcome(), error: 'VG_ADDRESS_PROHIBITED' as const }
  countExchange(counts, requestCountsOf(counts, 'http-1'), exchange, outcome, 1)
  expect([...counts.guardRefusals]).toEqual([['private', 1]])
})

test('a tunnel has no duration of a request', () => {
  const counts = createCounts()
  const requests = requestCountsOf(counts, 'http-1')
  countExchange(counts, requests, exchangeOf('CONNECT a.test:443'), createOutcome(), undefined)
  expect(counts.requestMs.buckets.every((count) => count === 0)).toBe(true)
})
