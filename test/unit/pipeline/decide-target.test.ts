import { expect, test } from 'vitest'
import type { Settings } from '../../../src/config/settings.js'
import { decideTarget } from '../../../src/pipeline/decide-target.js'
import { policyOf } from '../../helpers/exchanges.js'

const policy = policyOf([
  'block .ads.test # ads',
  'block http://a.test/banner/**',
  'allow ok.ads.test',
  'block *.test:8080',
])

test.each([
  ['a.test', 'a.test', 443],
  ['a.test:80', 'a.test', 80],
  ['http://a.test', 'a.test', 80],
  ['https://a.test/x', 'a.test', 443],
  ['ws://a.test/', 'a.test', 80],
  ['wss://a.test/', 'a.test', 443],
  ['  A.Test.  ', 'a.test', 443],
  ['bücher.test', 'xn--bcher-kva.test', 443],
  ['http://bücher.test/ä?ö', 'xn--bcher-kva.test', 80],
  ['http://a.test/a%20b', 'a.test', 80],
  ['[::ffff:8.8.8.8]:443', '8.8.8.8', 443],
  ['2606:4700::1111', '2606:4700::1111', 443],
  ['[2606:4700::1111]', '2606:4700::1111', 443],
  ['http://[2606:4700:0::1111]:8081/', '2606:4700::1111', 8081],
  ['http://a.test/\ud800', 'a.test', 80],
  ['http://a.test/%zz', 'a.test', 80],
  ['http://a.test/x y\r\n', 'a.test', 80],
  ['http://a.test/#/banner/1', 'a.test', 80],
])('%s is asked as %s:%i and allowed', (target, host, port) => {
  expect(decideTarget(policy, target)).toMatchObject({
    target,
    host,
    port,
    action: 'allow',
    reason: 'default',
    error: null,
  })
})

test.each([
  ['x.ads.test', 'rule', 'VG_REQUEST_BLOCKED'],
  ['http://a.test/banner/1', 'rule', 'VG_REQUEST_BLOCKED'],
  ['http://b.test:8080/', 'rule', 'VG_REQUEST_BLOCKED'],
  ['10.0.0.1', 'guard', 'VG_ADDRESS_PROHIBITED'],
  ['a.test:25', 'port', 'VG_PORT_REFUSED'],
  ['http://127.0.0.1:3128/', 'loop', 'VG_PROXY_LOOP'],
  ['', 'malformed', 'VG_TARGET_MALFORMED'],
  ['a b', 'malformed', 'VG_TARGET_MALFORMED'],
  ['[2001:db8::1]:443', 'guard', 'VG_ADDRESS_PROHIBITED'],
  ['::1', 'guard', 'VG_ADDRESS_PROHIBITED'],
  ['ws://a.test/banner/1', 'rule', 'VG_REQUEST_BLOCKED'],
  ['http://a.test/%62anner/1', 'rule', 'VG_REQUEST_BLOCKED'],
  ['a..b', 'malformed', 'VG_TARGET_MALFORMED'],
  ['a.test:0', 'malformed', 'VG_TARGET_MALFORMED'],
  ['a.test/path', 'malformed', 'VG_TARGET_MALFORMED'],
  ['http://u:p@a.test/', 'malformed', 'VG_TARGET_MALFORMED'],
  ['http://a%00.test/', 'malformed', 'VG_TARGET_MALFORMED'],
  ['http://', 'malformed', 'VG_TARGET_MALFORMED'],
  ['ftp://a.test/', 'malformed', 'VG_TARGET_MALFORMED'],
])('%s is refused because of %s', (target, reason, error) => {
  expect(decideTarget(policy, target)).toMatchObject({ action: 'block', reason, error })
})

test('names every rule that matches, winner first', () => {
  const decision = decideTarget(policy, 'ok.ads.test')
  expect(decision.rule?.line).toBe(3)
  expect(decision.matches.map(({ line }) => line)).toEqual([3, 1])
})

test('a method says how the target is asked for', () => {
  expect(decideTarget(policy, 'a.test:8443', 'GET').reason).toBe('default')
  expect(decideTarget(policy, 'a.test:9000', 'CONNECT')).toMatchObject({ reason: 'port', error: 'VG_PORT_REFUSED' })
})

test('in report mode what would be blocked goes out, and says so', () => {
  const reporting = policyOf(['block a.test'], { rules: { report: true } })
  expect(decideTarget(reporting, 'a.test')).toMatchObject({ error: null, wouldBlock: true, rule: { line: 1 } })
})

test.each([
  ['http://a.test/x%2Fy', 'block http://a.test/x%2Fy'],
  ['http://a.test/50%25', 'block http://a.test/50%25'],
  ['http://a.test/ä b', 'block http://a.test/%C3%A4%20b'],
])('a path is asked as a client would send it: %s', (target, line) => {
  expect(decideTarget(policyOf([line]), target)).toMatchObject({ reason: 'rule', matches: [{ line: 1 }] })
})

const PORTS: Settings = { egress: { connectPorts: [[443, 444]], httpPorts: [[444, 445]] } }

test.each([
  ['a.test:443', undefined, false, null],
  ['a.test:444', undefined, false, null],
  ['a.test:445', undefined, true, 'VG_REQUEST_BLOCKED'],
  ['a.test:446', undefined, false, 'VG_PORT_REFUSED'],
  ['a.test:444', 'CONNECT', false, null],
  ['a.test:445', 'CONNECT', false, 'VG_PORT_REFUSED'],
  ['a.test:444', 'GET', true, 'VG_REQUEST_BLOCKED'],
] as const)('%s by method %s is a request with a path: %s', (target, method, isRequest, error) => {
  const decision = decideTarget(
    policyOf(['block http://a.test:444/**', 'block http://a.test:445/**', 'block http://a.test:446/**'], PORTS),
    target,
    method,
  )
  expect(decision.error).toBe(error)
  expect(decision.matches.length > 0).toBe(isRequest)
})

test('the method of a URL is the one asked for', () => {
  const lines = ['block http://a.test/**']
  expect(decideTarget(policyOf(lines), 'http://a.test/', 'B AD').reason).toBe('malformed')
  expect(decideTarget(policyOf(lines), 'http://a.test/', 'HEAD').reason).toBe('rule')
})

test('what a rule of its own says is told with its place, any other refusal in words', () => {
  expect(decideTarget(policy, 'x.ads.test').detail).toBe('t.rules:1')
  expect(decideTarget(policy, 'a.test:25').detail).toBe('port 25')
  expect(decideTarget(policy, '127.0.0.1:3128').detail).toBe('the target is this proxy itself')
  expect(decideTarget(policy, 'a.test').detail).toBe('')
})

test('a tunnel matches no rule about paths', () => {
  expect(decideTarget(policy, 'https://a.test/banner/1')).toMatchObject({ error: null, matches: [] })
  expect(decideTarget(policy, 'http://a.test/banner/1').matches.map(({ line }) => line)).toEqual([2])
})

test('under default block a name that an address may open is no refusal yet', () => {
  const opened = policyOf(['default block', 'allow 8.8.8.0/24'])
  expect(decideTarget(opened, 'a.test')).toMatchObject({ reason: 'default', error: null, wouldBlock: false })
  expect(decideTarget(opened, '8.8.4.4')).toMatchObject({ reason: 'default', error: 'VG_REQUEST_BLOCKED' })
  expect(decideTarget(opened, '8.8.8.8')).toMatchObject({ action: 'allow', error: null })
})
