import { expect, test } from 'vitest'
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
