import { expect, test } from 'vitest'
import { decideRequest } from '../../../src/pipeline/request-pipeline.js'
import { targetAdmission } from '../../../src/transport/target-admission.js'
import { exchangeOf, policyOf } from '../../helpers/exchanges.js'

function admission(text: string, lines: readonly string[], settings: Parameters<typeof policyOf>[1] = {}) {
  const exchange = exchangeOf(text, policyOf(lines, settings))
  decideRequest(exchange)
  const { route } = exchange
  if (route === undefined) throw new Error('no route')
  return { exchange, ...targetAdmission(exchange, route) }
}

test('there is nothing to ask without rules, or for an address', () => {
  expect(admission('GET http://a.test/', []).admit).toBeUndefined()
  expect(admission('GET http://8.8.8.8/', ['block 192.0.2.0/24']).admit).toBeUndefined()
})

test('one blocked address among the answered ones refuses the exchange', () => {
  const { admit, exchange } = admission('CONNECT a.test:443', ['block 192.0.2.0/24'])
  expect(admit?.(['198.51.100.1'], [])).toBeUndefined()
  expect(admit?.(['198.51.100.1', '192.0.2.7'], [])).toMatchObject({ code: 'VG_REQUEST_BLOCKED', detail: 't.rules:1' })
  expect(exchange.decision).toMatchObject({ action: 'block', rule: { line: 1 } })
})

test('a rule that allows the URL beats one that blocks the address, for that URL', () => {
  const lines = ['block 192.0.2.0/24', 'allow http://a.test/ok/**']
  expect(admission('GET http://a.test/ok/1', lines).admit?.(['192.0.2.7'], [])).toBeUndefined()
  expect(admission('GET http://a.test/no', lines).admit?.(['192.0.2.7'], [])?.code).toBe('VG_REQUEST_BLOCKED')
})

test('in report mode the exchange is marked and goes on', () => {
  const { admit, exchange } = admission('GET http://a.test/', ['block 192.0.2.0/24'], { rules: { report: true } })
  expect(admit?.(['192.0.2.7'], [])).toBeUndefined()
  expect(exchange.wouldBlock).toBe(true)
})

test('a target that is an alias of a blocked name is refused, and the name is told', () => {
  const { admit, exchange } = admission('CONNECT a.test:443', ['block .tracker.test'])
  expect(admit?.(['198.51.100.1'], ['cdn.test'])).toBeUndefined()
  expect(exchange.decision).toMatchObject({ action: 'allow', reason: 'default' })
  expect(admit?.(['198.51.100.1'], ['cdn.test', 'x.tracker.test'])).toMatchObject({
    code: 'VG_REQUEST_BLOCKED',
    detail: 't.rules:1 via CNAME x.tracker.test',
  })
  expect(exchange.decision).toMatchObject({
    action: 'block',
    reason: 'rule',
    cname: 'x.tracker.test',
    rule: { line: 1 },
  })
})

test('in report mode the blocked name is what is told, whatever the addresses are', () => {
  const lines = ['block .tracker.test', 'block! 192.0.2.0/24']
  const { admit, exchange } = admission('GET http://a.test/', lines, { rules: { report: true } })
  expect(admit?.(['192.0.2.7'], ['x.tracker.test'])).toBeUndefined()
  expect(exchange).toMatchObject({ wouldBlock: true, decision: { cname: 'x.tracker.test', rule: { line: 1 } } })
})

test('a rule that allows the URL beats one that blocks the name it leads to, for that URL', () => {
  const lines = ['block .tracker.test', 'allow http://a.test/ok/**']
  expect(admission('GET http://a.test/ok/1', lines).admit?.(['192.0.2.7'], ['x.tracker.test'])).toBeUndefined()
  expect(admission('GET http://a.test/no', lines).admit?.(['192.0.2.7'], ['x.tracker.test'])?.code).toBe(
    'VG_REQUEST_BLOCKED',
  )
})
