import { describe, expect, test } from 'vitest'
import { decideRequest } from '../../../src/pipeline/request-pipeline.js'
import { createDateField, localAnswer, statusOf, toRefusal } from '../../../src/transport/reply.js'
import { exchangeOf, policyOf } from '../../helpers/exchanges.js'

const DATE = 'Tue, 24 Nov 2026 00:00:00 GMT'

describe('reply', () => {
  test('the date field is an IMF-fixdate that moves on with the clock, a second at a time', () => {
    let now = Date.UTC(2026, 10, 24, 0, 0, 0, 999)
    const dateField = createDateField(() => now)
    expect(dateField()).toBe(DATE)
    now += 1
    expect(dateField()).toBe('Tue, 24 Nov 2026 00:00:01 GMT')
  })

  test('only a block has the configured status', () => {
    const policy = policyOf([], { rules: { blockStatus: 451 } })
    expect(statusOf('VG_REQUEST_BLOCKED', policy)).toBe(451)
    expect(statusOf('VG_ADDRESS_PROHIBITED', policy)).toBe(403)
  })

  test('a refusal says what was asked and which rule blocked it', () => {
    const exchange = exchangeOf('GET http://ads.test:8080/x?q=1', policyOf(['block ads.test']))
    decideRequest(exchange)
    const refusal = toRefusal(exchange, 'VG_REQUEST_BLOCKED', exchange.detail, DATE, true)
    expect(refusal).toMatchObject({
      status: 403,
      form: 'absolute',
      host: 'ads.test',
      url: 'http://ads.test:8080/x?q=1',
      method: 'GET',
      rule: { line: 1, text: 'block ads.test' },
      keepAlive: true,
      date: DATE,
    })
  })

  test('an error that is no block shows no rule, and an empty detail is none', () => {
    const exchange = exchangeOf('CONNECT a.test:443', policyOf(['allow a.test']))
    decideRequest(exchange)
    const refusal = toRefusal(exchange, 'VG_DNS_ERROR', '', DATE, false)
    expect(refusal).toMatchObject({ rule: null, detail: null, url: '', host: 'a.test', form: 'authority' })
  })

  test('TRACE is told what came, without what must not come back; OPTIONS what may be asked', () => {
    const policy = policyOf([])
    const trace = exchangeOf('TRACE http://a.test/', policy, 'X-Seen: 1\r\nCookie: secret\r\nMax-Forwards: 0\r\n')
    const text = localAnswer(trace, DATE, true).toString('latin1')
    expect(text).toContain('\r\n\r\nTRACE http://a.test/ HTTP/1.1\r\n')
    expect(text).toContain('X-Seen: 1\r\n')
    expect(text).not.toContain('secret')
    expect(localAnswer(exchangeOf('OPTIONS *', policy), DATE, true).toString('latin1')).toContain('\r\nAllow: ')
  })
})
