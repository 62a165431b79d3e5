import { describe, expect, test } from 'vitest'
import { decideRequest } from '../../../src/pipeline/request-pipeline.js'
import { addressAdmission } from '../../../src/transport/address-admission.js'
import { exchangeOf, policyOf } from '../../helpers/exchanges.js'

function admissionOf(text: string, lines: readonly string[], options = {}) {
  const exchange = exchangeOf(text, policyOf(lines, options))
  decideRequest(exchange)
  if (exchange.route === undefined) throw new Error('no route')
  return { exchange, admit: addressAdmission(exchange, exchange.route).admit }
}

describe('address admission', () => {
  test('there is none where no rule names an address, nor for a literal, which was decided before', () => {
    expect(admissionOf('GET http://a.test/', ['block b.test']).admit).toBeUndefined()
    expect(admissionOf('GET http://192.0.2.9/', ['block 192.0.2.0/30']).admit).toBeUndefined()
  })

  test('a block on any answered address refuses, and names the rule', () => {
    const { exchange, admit } = admissionOf('CONNECT a.test:443', ['block 198.51.100.0/24'])
    expect(admit?.(['203.0.113.1'])).toBeUndefined()
    expect(admit?.(['203.0.113.1', '198.51.100.7'])).toMatchObject({
      code: 'VG_REQUEST_BLOCKED',
      detail: 't.rules:1',
    })
    expect(exchange.decision).toMatchObject({ action: 'block', rule: { line: 1 } })
  })

  test('under default block an allowed address opens a name that no rule names', () => {
    const lines = ['default block', 'allow 203.0.113.0/24']
    const { exchange, admit } = admissionOf('GET http://a.test/', lines)
    expect(exchange.plan).toBe('forward')
    expect(admit?.(['203.0.113.1'])).toBeUndefined()
    expect(exchange.decision.action).toBe('allow')
    expect(admit?.(['198.51.100.1'])).toMatchObject({ code: 'VG_REQUEST_BLOCKED' })
  })

  test('rules that only report let the address pass and say what they would have done', () => {
    const { exchange, admit } = admissionOf('GET http://a.test/', ['block 198.51.100.0/24'], {
      rules: { report: true },
    })
    expect(admit?.(['198.51.100.7'])).toBeUndefined()
    expect(exchange.wouldBlock).toBe(true)
  })
})
