import { describe, expect, test } from 'vitest'
import { parseAuthority } from '../../../src/http/authority.js'
import { createEgressGuard, EVERY_SPECIAL_RANGE } from '../../../src/policy/egress-guard.js'

const NOTHING = { allow: [], deny: [] }

describe('egress guard', () => {
  test.each([
    ['8.8.8.8', undefined],
    ['192.0.0.9', undefined],
    ['2606:4700::1111', undefined],
    ['::ffff:8.8.8.8', undefined],
    ['127.0.0.1', 'loopback'],
    ['168.63.129.16', 'metadata'],
    ['64:ff9b::808:808', 'nat64'],
    ['2002:808:808::', '6to4'],
    ['::8.8.8.8', 'ipv4-compatible'],
    ['::808:808', 'ipv4-compatible'],
    ['fe80::1%eth0', 'invalid'],
    ['example.com', 'invalid'],
  ])('by default %s is refused as %s', (ip, expected) => {
    expect(createEgressGuard(NOTHING).check(ip)).toBe(expected)
  })

  test.each<[string[], string[], string, string | undefined, string]>([
    [['10.0.0.0/8'], ['10.1.0.0/16'], '10.1.2.3', 'denied', 'the longer prefix denies'],
    [['10.0.0.0/8'], ['10.1.0.0/16'], '10.2.0.1', undefined, 'outside the longer prefix'],
    [['8.8.8.8'], ['8.0.0.0/8'], '8.8.8.8', undefined, 'the longer prefix allows'],
    [['8.8.8.8'], ['8.0.0.0/8'], '8.8.8.9', 'denied', 'a global address on the deny list'],
    [['10.0.0.0/8'], ['10.0.0.0/8'], '10.0.0.1', 'denied', 'equal length'],
    [['127.0.0.0/8'], [], '127.0.0.1', undefined, 'an opened class'],
    [['127.0.0.0/8'], [], '10.0.0.1', 'private', 'another class stays closed'],
    [['127.0.0.0/8'], [], '::ffff:7f00:1', undefined, 'mapped is IPv4'],
    [['127.0.0.0/8'], [], '2002:7f00:1::', 'loopback', 'a form that was not opened'],
    [['2002::/16'], [], '2002:7f00:1::', 'loopback', 'the address inside must pass too'],
    [['2002::/16'], [], '2002:808:808::', undefined, 'form opened, global inside'],
    [['2002::/16', '127.0.0.1'], [], '2002:7f00:1::', undefined, 'form and address inside opened'],
    [['64:ff9b::/96'], ['8.8.8.0/24'], '64:ff9b::808:808', 'denied', 'the address inside is on the deny list'],
    [['2001::/32'], [], '2001:0:808:808::80ff:fffe', 'loopback', 'Teredo client inside'],
    [['::1'], [], '::1', undefined, 'one address opened'],
    [['::1'], [], '::', 'unspecified', 'its neighbour stays closed'],
  ])('allow %j deny %j: %s → %s (%s)', (allow, deny, ip, expected) => {
    expect(createEgressGuard({ allow, deny }).check(ip)).toBe(expected)
  })

  test('EVERY_SPECIAL_RANGE opens every class and yields to any deny entry', () => {
    const guard = createEgressGuard({ allow: EVERY_SPECIAL_RANGE, deny: ['169.254.0.0/16', 'fd00:ec2::254'] })
    const open = [
      '127.0.0.1',
      '10.0.0.1',
      '0.0.0.0',
      '::',
      '::1',
      'fc00::1',
      '2002:7f00:1::',
      '64:ff9b::a00:1',
      '255.255.255.255',
    ]
    expect(open.map((ip) => guard.check(ip))).toEqual(open.map(() => undefined))
    const closed = ['169.254.169.254', '::ffff:169.254.169.254', '64:ff9b::a9fe:a9fe', 'fd00:ec2::254']
    expect(closed.map((ip) => guard.check(ip))).toEqual(closed.map(() => 'denied'))
    expect(guard.check('not an address')).toBe('invalid')
  })

  test("refuses this machine's own addresses, global ones and inside IPv6 too, unless they are opened", () => {
    const ownAddresses = ['203.0.112.7', '2A00::0:7', '192.168.1.5', 'fe80::1%eth0']
    const guard = createEgressGuard({ allow: ['64:ff9b::/96'], deny: [], ownAddresses })
    expect(['203.0.112.7', '2a00::7', '::ffff:203.0.112.7', '64:ff9b::cb00:7007'].map((ip) => guard.check(ip))).toEqual(
      ['self', 'self', 'self', 'self'],
    )
    expect(guard.check('192.168.1.5')).toBe('private')
    expect(guard.check('203.0.112.8')).toBeUndefined()
    const opened = createEgressGuard({ allow: ['203.0.112.7'], deny: [], ownAddresses })
    expect(opened.check('203.0.112.7')).toBeUndefined()
  })

  test('an entry that is no range is refused at once, not ignored', () => {
    expect(() => createEgressGuard({ allow: ['10.0.0.0/33'], deny: [] })).toThrow(/10\.0\.0\.0\/33/)
    expect(() => createEgressGuard({ allow: [], deny: ['example.com'] })).toThrow(TypeError)
  })

  test.each([
    '0x7f.1:80',
    '2130706433:80',
    '0177.0.0.1:80',
    '127.1:80',
    '0:80',
    '127.0.0.1.:80',
    '017700000001:80',
    '2852039166:80',
    '１２７.0.0.1:80',
    '[::ffff:7f00:1]:443',
    '[64:ff9b::a9fe:a9fe]:80',
    '[2002:7f00:1::]:80',
    '[::127.0.0.1]:80',
    '[::]:80',
    '[0:0:0:0:0:0:0:1]:80',
    '[2001:0:7f00:1::1]:80',
    '[FD00:EC2::254]:80',
  ])('refuses %s in its canonical form', (text) => {
    const target = parseAuthority(text, 80)
    expect(target?.family).not.toBe(0)
    expect(createEgressGuard(NOTHING).check(target?.host ?? '')).toMatch(/^[a-z0-9-]+$/)
  })

  test.each(['[::1%25lo]:80', '[fe80::1%lo]:80', '[[::1]]:80', '383.0.0.1:80', '[::ffff:127.0.0.1.]:80'])(
    '%s is no target at all',
    (text) => {
      expect(parseAuthority(text, 80)).toBeUndefined()
    },
  )
})
