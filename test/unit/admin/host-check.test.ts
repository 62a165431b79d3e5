import { expect, test } from 'vitest'
import { isOwnHost } from '../../../src/admin/host-check.js'

test.each([
  '127.0.0.1:9090',
  '127.0.0.1',
  '[::1]:9090',
  '[::1]',
  'localhost',
  'LOCALHOST:9090',
  '10.1.2.3:9090',
  'veilgate.example:9090',
  'VeilGate.Example',
])('%s cannot be pointed here by anybody else', (field) => {
  expect(isOwnHost(field, ['veilgate.example'])).toBe(true)
})

test.each([
  undefined,
  '',
  'attacker.example',
  'attacker.example:9090',
  'localhost.attacker.example',
  '127.0.0.1.attacker.example:9090',
  '[attacker]:9090',
  '[127.0.0.1]',
  'localhost:9090:1',
  '127.0.0.1, attacker.example',
  'user@localhost',
])('%s could be', (field) => {
  expect(isOwnHost(field, ['veilgate.example'])).toBe(false)
})
