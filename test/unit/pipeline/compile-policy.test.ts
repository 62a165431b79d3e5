import { expect, test } from 'vitest'
import { compileRules } from '../../../src/compile-rules.js'
import { DEFAULT_CONFIG } from '../../../src/config/config.js'
import { compilePolicy } from '../../../src/pipeline/compile-policy.js'
import { policyOf } from '../../helpers/exchanges.js'

test('the default policy opens the usual ports, this machine as client, and no special address', () => {
  const policy = policyOf()
  expect([443, 80, 8443, 25, 22].map((port) => policy.isConnectPort(port))).toEqual([true, true, true, false, false])
  expect([80, 443, 1024, 65_535, 25].map((port) => policy.isHttpPort(port))).toEqual([true, true, true, true, false])
  expect(['127.0.0.1', '127.9.9.9', '::1', '192.0.2.1'].map((ip) => policy.isClient(ip))).toEqual([
    true,
    true,
    true,
    false,
  ])
  expect(policy.guard.check('127.0.0.1')).toBe('loopback')
  expect(policy.guard.check('10.0.0.1')).toBe('private')
  expect(policy.guard.check('8.8.8.8')).toBeUndefined()
  expect(policy).toMatchObject({ report: false, blockStatus: 403 })
})

test('clients are those configured, or everybody only where that was asked for', () => {
  expect(policyOf([], { clients: { allow: ['192.0.2.0/24'] } }).isClient('192.0.2.1')).toBe(true)
  expect(policyOf([], { clients: { allow: ['192.0.2.0/24'] } }).isClient('127.0.0.1')).toBe(false)
  expect(policyOf([], { open: true }).isClient('203.0.113.9')).toBe(true)
  expect(policyOf([], { open: true }).isClient('2001:db8::9')).toBe(true)
  expect(policyOf([], { open: true, clients: { allow: ['192.0.2.0/24'] } }).isClient('203.0.113.9')).toBe(false)
})

test('own listeners are those it was told of', () => {
  const policy = policyOf()
  expect(policy.isOwn('127.0.0.1', 3128)).toBe(true)
  expect(policy.isOwn('127.0.0.1', 3129)).toBe(false)
})

test('rules, headers, report and block page come from the configuration', () => {
  const policy = policyOf(['block a.test'], {
    rules: { report: true, blockStatus: 451 },
    blockPage: { title: 'T', contact: 'c' },
    headers: { set: { 'X-Set': '1' } },
  })
  expect(policy).toMatchObject({ report: true, blockStatus: 451, blockPage: { title: 'T', contact: 'c' } })
  expect(policy.routes.find('a.test', 80)?.decision.action).toBe('block')
  expect(policy.headers.added).toBe('X-Set: 1\r\n')
})

test('each policy keeps its own routes, so that a reload decides anew', () => {
  const before = policyOf()
  expect(before.routes.find('a.test', 80)?.decision.action).toBe('allow')
  const after = policyOf(['block a.test'])
  expect(after.routes.find('a.test', 80)?.decision.action).toBe('block')
  expect(before.routes.find('a.test', 80)?.decision.action).toBe('allow')
})

test('ports of each kind, and what the guard opens and closes, are those configured', () => {
  const policy = policyOf([], {
    egress: {
      connectPorts: [[1, 2]],
      httpPorts: [[3, 4]],
      guard: { allow: ['10.0.0.0/8'], deny: ['8.8.8.8'] },
    },
  })
  expect([1, 2, 3, 4].map((port) => policy.isConnectPort(port))).toEqual([true, true, false, false])
  expect([1, 2, 3, 4].map((port) => policy.isHttpPort(port))).toEqual([false, false, true, true])
  expect(policy.guard.check('10.0.0.1')).toBeUndefined()
  expect(policy.guard.check('8.8.8.8')).toBe('denied')
})

test('a listener on every address is reached by each of the machine, and the guard closes them on every port', () => {
  const policy = compilePolicy(DEFAULT_CONFIG, compileRules([]), {
    listening: [{ address: '0.0.0.0', port: 3128 }],
    localAddresses: ['198.41.0.4'],
  })
  expect(policy.isOwn('198.41.0.4', 3128)).toBe(true)
  expect(policy.isOwn('198.41.0.5', 3128)).toBe(false)
  expect(policy.guard.check('198.41.0.4')).toBe('self')
  expect(policy.guard.check('198.41.0.5')).toBeUndefined()
})
