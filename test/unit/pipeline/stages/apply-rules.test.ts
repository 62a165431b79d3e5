import { expect, test } from 'vitest'
import { applyRulesStage, isOpenUntilResolved } from '../../../../src/pipeline/stages/apply-rules.js'
import { parseTargetStage } from '../../../../src/pipeline/stages/parse-target.js'
import { exchangeOf, policyOf } from '../../../helpers/exchanges.js'

function asked(text: string, ...policy: Parameters<typeof policyOf>) {
  const exchange = exchangeOf(text, policyOf(...policy))
  parseTargetStage(exchange)
  return { exchange, goesOn: applyRulesStage(exchange) }
}

/** The route of a host under the default policy. */
function routeOf(host: string) {
  const route = policyOf().routes.find(host, 80)
  if (route === undefined) throw new Error(`${host} is no host`)
  return route
}

test('what no rule names goes on by the default', () => {
  const { exchange, goesOn } = asked('GET http://a.test/')
  expect(goesOn).toBe(true)
  expect(exchange.decision).toEqual({ action: 'allow', reason: 'default', level: 'default', rule: null })
})

test('what a rule blocks is refused with its list and line', () => {
  const { exchange, goesOn } = asked('GET http://a.test/', ['block a.test'])
  expect(goesOn).toBe(false)
  expect(exchange).toMatchObject({ plan: 'refuse', error: 'VG_REQUEST_BLOCKED', detail: 't.rules:1' })
  expect(exchange.decision).toMatchObject({ action: 'block', reason: 'rule', level: 'block' })
})

test('what the default blocks is refused as such', () => {
  expect(asked('GET http://a.test/', ['default block', 'allow b.test']).exchange).toMatchObject({
    error: 'VG_REQUEST_BLOCKED',
    detail: 'default',
    decision: { reason: 'default' },
  })
})

test('in report mode it goes on, marked', () => {
  const { exchange, goesOn } = asked('CONNECT a.test:443', ['block a.test'], { rules: { report: true } })
  expect(goesOn).toBe(true)
  expect(exchange).toMatchObject({ wouldBlock: true, decision: { action: 'block' } })
})

test('URL rules see the path of a request, and nothing of a tunnel', () => {
  const lines = ['block http://a.test/ads/**']
  expect(asked('GET http://a.test/ads/1', lines).goesOn).toBe(false)
  expect(asked('GET http://a.test/news', lines).goesOn).toBe(true)
  expect(asked('CONNECT a.test:80', lines).goesOn).toBe(true)
  expect(asked('CONNECT a.test:80', ['block http://a.test/**']).goesOn).toBe(true)
})

test('under default block a name stays open while an address rule may allow it', () => {
  const lines = ['default block', 'allow 192.0.2.0/24']
  expect(asked('GET http://a.test/', lines).goesOn).toBe(true)
  expect(asked('GET http://198.51.100.1/', lines).goesOn).toBe(false)
  expect(asked('GET http://192.0.2.1/', lines).goesOn).toBe(true)
})

test('a name that a rule blocks is not open, whatever its address', () => {
  const { rules } = policyOf(['default block', 'allow 192.0.2.0/24', 'block a.test'])
  expect(isOpenUntilResolved(rules, rules.decide('a.test'), routeOf('a.test'))).toBe(false)
  expect(isOpenUntilResolved(rules, rules.decide('b.test'), routeOf('b.test'))).toBe(true)
  expect(isOpenUntilResolved(rules, rules.decide('198.51.100.1'), routeOf('198.51.100.1'))).toBe(false)
})

test('what the default allows needs no address to open it', () => {
  const { rules } = policyOf(['allow 192.0.2.0/24'])
  expect(isOpenUntilResolved(rules, rules.decide('a.test'), routeOf('a.test'))).toBe(false)
})

test('under default block a name is refused at once where no rule allows an address', () => {
  expect(asked('GET http://a.test/', ['default block', 'allow b.test', 'block 192.0.2.0/24']).goesOn).toBe(false)
})

test.each([
  ['a tunnel', 'CONNECT a.test:443'],
  ['a request', 'GET http://a.test/'],
])('an exchange open until resolved is not marked as one that would be blocked: %s', (_what, text) => {
  const { exchange, goesOn } = asked(text, ['default block', 'allow 192.0.2.0/24'], { rules: { report: true } })
  expect(goesOn).toBe(true)
  expect(exchange).toMatchObject({ wouldBlock: false, error: undefined })
})

test('a URL rule for the root holds for OPTIONS without a path too, which goes out as *', () => {
  expect(asked('OPTIONS http://a.test', ['block http://a.test/']).goesOn).toBe(false)
})
