import { expect, test } from 'vitest'
import { decideRequest } from '../../../src/pipeline/request-pipeline.js'
import { exchangeOf, policyOf } from '../../helpers/exchanges.js'

function decided(text: string, ...policy: Parameters<typeof policyOf>) {
  const exchange = exchangeOf(text, policyOf(...policy))
  decideRequest(exchange)
  return exchange
}

test('a request for an allowed target is forwarded, with its head made', () => {
  const exchange = decided('GET http://a.test/p')
  expect(exchange.plan).toBe('forward')
  expect(exchange.requestHead).toBe('GET /p HTTP/1.1\r\nHost: a.test\r\n\r\n')
})

test('a CONNECT to an allowed target is a tunnel, without a head', () => {
  expect(decided('CONNECT a.test:443')).toMatchObject({ plan: 'tunnel', requestHead: '' })
})

test.each([
  ['a malformed target before anything else', 'GET /x', 'VG_TARGET_NOT_PROXY'],
  ['a rule before the loop', 'GET http://127.0.0.1:3128/', 'VG_REQUEST_BLOCKED', ['block 127.0.0.1']],
  ['the loop before the port', 'CONNECT 127.0.0.1:3128', 'VG_PROXY_LOOP'],
  ['the loop before the guard', 'GET http://127.0.0.1:3128/', 'VG_PROXY_LOOP'],
  ['the port before the guard', 'CONNECT 127.0.0.1:25', 'VG_PORT_REFUSED'],
  ['the guard last', 'CONNECT 127.0.0.1:443', 'VG_ADDRESS_PROHIBITED'],
] as const)('refuses %s', (_what, text, error, lines: readonly string[] = []) => {
  expect(decided(text, lines)).toMatchObject({ plan: 'refuse', error })
})

test('no rule opens a port or an address, not even one that beats all others', () => {
  expect(decided('CONNECT 127.0.0.1:443', ['allow! *']).error).toBe('VG_ADDRESS_PROHIBITED')
  expect(decided('CONNECT a.test:25', ['allow! *']).error).toBe('VG_PORT_REFUSED')
})

test('a request that is answered here is asked of no rule', () => {
  expect(decided('TRACE http://a.test/\nHost: x\nMax-Forwards: 0', ['block *.test']).plan).toBe('answer')
})

test.each(['CONNECT 10.0.0.1:443', 'CONNECT a.test:25', 'GET http://127.0.0.1:3128/', 'GET http://a..b/'])(
  'report mode opens nothing that is not closed by a rule: %s',
  (text) => {
    expect(decided(text, ['block *', 'block 0.0.0.0/0'], { rules: { report: true } }).plan).toBe('refuse')
  },
)

test.each(['GET http://EXAMPLE.com./', 'CONNECT EXAMPLE.com.:443', 'GET http://example.COM:80/'])(
  'a rule for example.com meets every spelling of it: %s',
  (text) => {
    expect(decided(text, ['block example.com']).error).toBe('VG_REQUEST_BLOCKED')
  },
)

test.each(['block bücher.example', 'block xn--bcher-kva.example'])(
  'a name in another script and its ASCII form are the same: %s',
  (line) => {
    expect(decided('GET http://xn--bcher-kva.example/', [line]).error).toBe('VG_REQUEST_BLOCKED')
  },
)

test.each([
  'GET http://0x7f.1/',
  'GET http://2130706433/',
  'GET http://0177.0.0.1/',
  'GET http://127.1/',
  'CONNECT [::ffff:7f00:1]:443',
  'CONNECT [64:ff9b::a9fe:a9fe]:80',
  'CONNECT [2002:7f00:1::]:80',
  'CONNECT [::127.0.0.1]:80',
])('no spelling of a closed address passes the guard: %s', (text) => {
  expect(decided(text, ['allow! *'])).toMatchObject({ plan: 'refuse', error: 'VG_ADDRESS_PROHIBITED' })
})

test.each([
  'GET http://evil.com#.example.com/',
  'GET http://a%00.com/',
  'GET http://a..b/',
  `GET http://${'a.'.repeat(126)}aa/`,
  'CONNECT foo@bar.com:443',
])('what is no host is refused before any rule is asked: %s', (text) => {
  expect(decided(text, ['block *'])).toMatchObject({ error: 'VG_TARGET_MALFORMED', decision: { rule: null } })
})

test('CONNECT reaches the open ports and no others', () => {
  const plans = [25, 22, 443].map((port) => decided(`CONNECT a.test:${port}`).error)
  expect(plans).toEqual(['VG_PORT_REFUSED', 'VG_PORT_REFUSED', undefined])
})
