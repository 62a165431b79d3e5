import { describe, expect, test } from 'vitest'
import type { HeaderProfile } from '../../../../src/config/config.js'
import { type Disguise, disguisedAgent, LANGUAGE } from '../../../../src/http/disguise.js'
import type { DisguiseFor } from '../../../../src/pipeline/policy.js'
import { parseTargetStage } from '../../../../src/pipeline/stages/parse-target.js'
import { scrubRequestStage } from '../../../../src/pipeline/stages/scrub-request.js'
import { exchangeOf, policyOf } from '../../../helpers/exchanges.js'

test('makes the head for the origin, and tells what it took out', () => {
  const exchange = exchangeOf('GET http://a.test:81/p?q\nHost: x\nVia: 1.1 a\nX-Kept: 1\nX-Forwarded-For: 10.0.0.1')
  exchange.headersRemoved = []
  parseTargetStage(exchange)
  expect(scrubRequestStage(exchange)).toBe(true)
  expect(exchange.requestHead).toBe('GET /p?q HTTP/1.1\r\nHost: a.test:81\r\nX-Kept: 1\r\n\r\n')
  expect(exchange.headersRemoved).toEqual(['Via', 'X-Forwarded-For'])
})

test('makes none for a tunnel', () => {
  const exchange = exchangeOf('CONNECT a.test:443')
  parseTargetStage(exchange)
  expect(scrubRequestStage(exchange)).toBe(true)
  expect(exchange.requestHead).toBe('')
})

test('the Host of the usual port is the host alone', () => {
  const exchange = exchangeOf('GET http://A.test:80/\nHost: other')
  parseTargetStage(exchange)
  scrubRequestStage(exchange)
  expect(exchange.requestHead).toBe('GET / HTTP/1.1\r\nHost: a.test\r\n\r\n')
})

const headOf = (text: string, settings: Parameters<typeof policyOf>[1], rules: readonly string[] = []) => {
  const exchange = exchangeOf(text, policyOf(rules, settings))
  parseTargetStage(exchange)
  scrubRequestStage(exchange)
  return exchange
}

test.each(['strict', 'paranoid'] as const)(
  '%s asks the origin without tracking parameters, and rules see them',
  (profile) => {
    const exchange = headOf('GET http://a.test/p?id=1&utm_source=x', { headers: { profile } })
    expect(exchange.requestHead).toBe('GET /p?id=1 HTTP/1.1\r\nHost: a.test\r\n\r\n')
    expect(exchange.path).toBe('/p?id=1&utm_source=x')
  },
)

test.each(['off', 'standard'] as const)('%s leaves the path as it is', (profile) => {
  const exchange = headOf('GET http://a.test/p?gclid=x', { headers: { profile } })
  expect(exchange.requestHead).toContain('GET /p?gclid=x HTTP/1.1\r\n')
})

test('the first entry that names the host says what happens, with its port', () => {
  const perHost = [
    { match: ['b.test:81'], profile: 'off' as const },
    { match: ['.b.test', 'c.test'], remove: ['x-mine'] },
    { match: ['*'], profile: 'paranoid' as const },
  ]
  const asked = (authority: string) =>
    headOf(`GET http://${authority}/\nHost: x\nVia: 1\nX-Mine: 2\nX-Other: 3`, { headers: { perHost } })
      .requestHead.split('\r\n')
      .slice(2, -2)
  expect(asked('b.test:81')).toEqual(['Via: 1', 'X-Mine: 2', 'X-Other: 3'])
  expect(asked('B.Test')).toEqual(['X-Other: 3'])
  expect(asked('d.test')).toEqual([])
})

test('tells third parties apart only where the profile asks', () => {
  const text = 'GET http://a.test/\nHost: x\nReferer: http://b.test/\nCookie: c'
  expect(headOf(text, { headers: { profile: 'strict' } })).toMatchObject({
    isThirdParty: true,
    requestHead: 'GET / HTTP/1.1\r\nHost: a.test\r\nReferer: http://b.test/\r\n\r\n',
  })
  expect(headOf(text, { headers: { profile: 'standard' } }).isThirdParty).toBe(false)
})

describe('an exchange that leaves with an identity', () => {
  const text = 'GET http://www.a.test/\nHost: x\nUser-Agent: curl/8\nAccept-Language: de'
  const asked: unknown[] = []
  const disguise: Disguise = { family: 'macOS', language: 'en-GB,en;q=0.5', share: 1 }
  const disguiseFor: DisguiseFor = (...owner) => {
    asked.push(owner)
    return disguise
  }
  const leaving = (profile: HeaderProfile, isolate: 'site' | undefined) => {
    asked.length = 0
    const route = [{ match: ['*'], via: 'direct', anonymous: false, ...(isolate && { isolate }) }]
    const policy = policyOf([], { headers: { profile }, route, egress: { addresses: ['192.0.2.1'] } })
    const exchange = exchangeOf(text, { ...policy, disguiseFor })
    parseTargetStage(exchange)
    scrubRequestStage(exchange)
    return exchange.requestHead
  }

  test('has the browser of the identity', () => {
    const head = leaving('strict', 'site')
    expect(head).toContain(`User-Agent: ${disguisedAgent('', disguise)}\r\nAccept-Language: en-GB,en;q=0.5\r\n`)
    const client = { ip: '127.0.0.1', user: null }
    expect(asked).toEqual([['site', expect.objectContaining({ host: 'www.a.test', family: 0, client })]])
  })

  test('has what the profile leaves of it', () => {
    expect(leaving('paranoid', 'site')).toBe(
      'GET / HTTP/1.1\r\nHost: www.a.test\r\nAccept-Language: en-GB,en;q=0.5\r\n\r\n',
    )
  })

  test.each([
    ['standard', 'site'],
    ['off', 'site'],
    ['strict', undefined],
  ] as const)('of %s, isolate %s: nobody is asked', (profile, isolate) => {
    expect(leaving(profile, isolate)).toContain(profile === 'strict' ? LANGUAGE : 'Accept-Language: de')
    expect(asked).toEqual([])
  })
})
