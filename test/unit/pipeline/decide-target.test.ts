import { expect, test } from 'vitest'
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
