import { describe, expect, test } from 'vitest'
import { createClientList } from '../../../src/policy/client-list.js'

describe('client list', () => {
  test('serves clients inside its ranges only', () => {
    const isAllowed = createClientList(['127.0.0.0/8', '10.1.0.0/16', '::1', 'fe80::/10'])
    const allowed = [
      '127.0.0.1',
      '127.255.255.255',
      '10.1.255.255',
      '::1',
      '::ffff:127.0.0.1',
      '::ffff:10.1.0.1',
      'fe80::1%eth0',
    ]
    const refused = ['128.0.0.1', '10.0.255.255', '10.2.0.0', '::2', '::ffff:10.2.0.1', '2001:db8::1', '', 'unknown']
    expect(allowed.filter((ip) => !isAllowed(ip))).toEqual([])
    expect(refused.filter(isAllowed)).toEqual([])
  })

  test('answers the same however the questions follow each other', () => {
    const isAllowed = createClientList(['127.0.0.1'])
    const asked = ['127.0.0.1', '127.0.0.1', '127.0.0.2', '127.0.0.2', '127.0.0.1']
    expect(asked.map(isAllowed)).toEqual([true, true, false, false, true])
  })

  test('an empty list serves nobody', () => {
    expect(createClientList([])('127.0.0.1')).toBe(false)
    expect(createClientList([])('')).toBe(false)
  })

  test('an entry that is no range is refused at once, not ignored', () => {
    expect(() => createClientList(['10.0.0.0/8', 'lan'])).toThrow(/"lan"/)
  })
})
