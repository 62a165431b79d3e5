import { describe, expect, test } from 'vitest'
import { classifyAddress, embeddedIPv4 } from '../../../src/http/address.js'

// class, first and last address of the range, the address just before and just after it with their classes
const RANGES: readonly (readonly [string, string, string, string, string, string, string])[] = [
  ['this-network', '0.0.0.0', '0.255.255.255', '', '', '1.0.0.0', 'global'],
  ['private', '10.0.0.0', '10.255.255.255', '9.255.255.255', 'global', '11.0.0.0', 'global'],
  ['shared', '100.64.0.0', '100.127.255.255', '100.63.255.255', 'global', '100.128.0.0', 'global'],
  ['loopback', '127.0.0.0', '127.255.255.255', '126.255.255.255', 'global', '128.0.0.0', 'global'],
  ['metadata', '168.63.129.16', '168.63.129.16', '168.63.129.15', 'global', '168.63.129.17', 'global'],
  ['link-local', '169.254.0.0', '169.254.255.255', '169.253.255.255', 'global', '169.255.0.0', 'global'],
  ['private', '172.16.0.0', '172.31.255.255', '172.15.255.255', 'global', '172.32.0.0', 'global'],
  ['ietf-protocol', '192.0.0.0', '192.0.0.8', '191.255.255.255', 'global', '192.0.0.9', 'global'],
  ['ietf-protocol', '192.0.0.11', '192.0.0.255', '192.0.0.10', 'global', '192.0.1.0', 'global'],
  ['documentation', '192.0.2.0', '192.0.2.255', '192.0.1.255', 'global', '192.0.3.0', 'global'],
  ['global', '192.31.196.0', '192.31.196.255', '192.31.195.255', 'global', '192.31.197.0', 'global'],
  ['global', '192.52.193.0', '192.52.193.255', '192.52.192.255', 'global', '192.52.194.0', 'global'],
  ['6to4-relay', '192.88.99.0', '192.88.99.255', '192.88.98.255', 'global', '192.88.100.0', 'global'],
  ['private', '192.168.0.0', '192.168.255.255', '192.167.255.255', 'global', '192.169.0.0', 'global'],
  ['global', '192.175.48.0', '192.175.48.255', '192.175.47.255', 'global', '192.175.49.0', 'global'],
  ['benchmarking', '198.18.0.0', '198.19.255.255', '198.17.255.255', 'global', '198.20.0.0', 'global'],
  ['documentation', '198.51.100.0', '198.51.100.255', '198.51.99.255', 'global', '198.51.101.0', 'global'],
  ['documentation', '203.0.113.0', '203.0.113.255', '203.0.112.255', 'global', '203.0.114.0', 'global'],
  ['multicast', '224.0.0.0', '239.255.255.255', '223.255.255.255', 'global', '240.0.0.0', 'reserved'],
  ['reserved', '240.0.0.0', '255.255.255.254', '239.255.255.255', 'multicast', '255.255.255.255', 'broadcast'],

  ['unspecified', '::', '::', '', '', '::1', 'loopback'],
  ['loopback', '::1', '::1', '::', 'unspecified', '::2', 'this-network'],
  ['ipv4-compatible', '::1.0.0.0', '::9.255.255.255', '::0.255.255.255', 'this-network', '::10.0.0.0', 'private'],
  ['broadcast', '::ffff:ffff', '::ffff:ffff', '::ffff:fffe', 'reserved', '::1:0:0', 'global'],
  [
    'global',
    '::ffff:1.0.0.0',
    '::ffff:9.255.255.255',
    '::ffff:0.255.255.255',
    'this-network',
    '::ffff:a00:0',
    'private',
  ],
  [
    'ipv4-translated',
    '::ffff:0:100:0',
    '::ffff:0:9ff:ffff',
    '::ffff:0:ff:ffff',
    'this-network',
    '::ffff:0:a00:0',
    'private',
  ],
  ['nat64', '64:ff9b::100:0', '64:ff9b::9ff:ffff', '64:ff9b::ff:ffff', 'this-network', '64:ff9b::a00:0', 'private'],
  [
    'broadcast',
    '64:ff9b::ffff:ffff',
    '64:ff9b::ffff:ffff',
    '64:ff9b::ffff:fffe',
    'reserved',
    '64:ff9b::1:0:0',
    'global',
  ],
  [
    'nat64-local',
    '64:ff9b:1::',
    '64:ff9b:1:ffff:ffff:ffff:ffff:ffff',
    '64:ff9b:0:ffff:ffff:ffff:ffff:ffff',
    'global',
    '64:ff9b:2::',
    'global',
  ],
  [
    'discard',
    '100::',
    '100::ffff:ffff:ffff:ffff',
    'ff:ffff:ffff:ffff:ffff:ffff:ffff:ffff',
    'global',
    '100:0:0:1::',
    'dummy',
  ],
  [
    'dummy',
    '100:0:0:1::',
    '100::1:ffff:ffff:ffff:ffff',
    '100::ffff:ffff:ffff:ffff',
    'discard',
    '100:0:0:2::',
    'global',
  ],
  [
    'teredo',
    '2001:0:808:808:0:0:f7f7:f7f7',
    '2001:0:808:808:ffff:ffff:f7f7:f7f7',
    '2000:ffff:ffff:ffff:ffff:ffff:ffff:ffff',
    'global',
    '2001:1::',
    'ietf-protocol',
  ],
  [
    'ietf-protocol',
    '2001:1::',
    '2001:1:ffff:ffff:ffff:ffff:ffff:ffff',
    '2001:0:808:808::f7f7:f7f7',
    'teredo',
    '2001:2::',
    'benchmarking',
  ],
  [
    'benchmarking',
    '2001:2::',
    '2001:2:0:ffff:ffff:ffff:ffff:ffff',
    '2001:1:ffff:ffff::',
    'ietf-protocol',
    '2001:2:1::',
    'ietf-protocol',
  ],
  [
    'global',
    '2001:3::',
    '2001:3:ffff:ffff:ffff:ffff:ffff:ffff',
    '2001:2:ffff:ffff::',
    'ietf-protocol',
    '2001:4::',
    'ietf-protocol',
  ],
  [
    'global',
    '2001:4:112::',
    '2001:4:112:ffff:ffff:ffff:ffff:ffff',
    '2001:4:111:ffff::',
    'ietf-protocol',
    '2001:4:113::',
    'ietf-protocol',
  ],
  [
    'orchid',
    '2001:10::',
    '2001:1f:ffff:ffff:ffff:ffff:ffff:ffff',
    '2001:f:ffff:ffff::',
    'ietf-protocol',
    '2001:20::',
    'orchid',
  ],
  ['orchid', '2001:20::', '2001:2f:ffff:ffff:ffff:ffff:ffff:ffff', '2001:1f:ffff::', 'orchid', '2001:30::', 'drip'],
  [
    'drip',
    '2001:30::',
    '2001:3f:ffff:ffff:ffff:ffff:ffff:ffff',
    '2001:2f:ffff::',
    'orchid',
    '2001:40::',
    'ietf-protocol',
  ],
  [
    'ietf-protocol',
    '2001:40::',
    '2001:1ff:ffff:ffff:ffff:ffff:ffff:ffff',
    '2001:3f:ffff::',
    'drip',
    '2001:200::',
    'global',
  ],
  [
    'documentation',
    '2001:db8::',
    '2001:db8:ffff:ffff:ffff:ffff:ffff:ffff',
    '2001:db7:ffff::',
    'global',
    '2001:db9::',
    'global',
  ],
  ['6to4', '2002:808:808::', '2002:808:808:ffff:ffff:ffff:ffff:ffff', '2001:ffff:ffff::', 'global', '2003::', 'global'],
  [
    'global',
    '2620:4f:8000::',
    '2620:4f:8000:ffff:ffff:ffff:ffff:ffff',
    '2620:4f:7fff::',
    'global',
    '2620:4f:8001::',
    'global',
  ],
  [
    'documentation',
    '3fff::',
    '3fff:fff:ffff:ffff:ffff:ffff:ffff:ffff',
    '3ffe:ffff:ffff::',
    'global',
    '3fff:1000::',
    'global',
  ],
  ['srv6', '5f00::', '5f00:ffff:ffff:ffff:ffff:ffff:ffff:ffff', '5eff:ffff::', 'global', '5f01::', 'global'],
  ['unique-local', 'fc00::', 'fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff', 'fbff:ffff::', 'global', 'fe00::', 'global'],
  ['link-local', 'fe80::', 'febf:ffff:ffff:ffff:ffff:ffff:ffff:ffff', 'fe7f:ffff::', 'global', 'fec0::', 'site-local'],
  [
    'site-local',
    'fec0::',
    'feff:ffff:ffff:ffff:ffff:ffff:ffff:ffff',
    'febf:ffff::',
    'link-local',
    'ff00::',
    'multicast',
  ],
  ['multicast', 'ff00::', 'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff', 'feff:ffff::', 'site-local', '', ''],
]

describe('classifyAddress', () => {
  test.each(RANGES)(
    '%s holds %s to %s and neither %s (%s) nor %s (%s)',
    (own, first, last, before, below, after, above) => {
      expect([first, last].map(classifyAddress)).toEqual([own, own])
      if (before !== '') expect(classifyAddress(before)).toBe(below)
      if (after !== '') expect(classifyAddress(after)).toBe(above)
    },
  )

  test.each([
    ['8.8.8.8', 'global'],
    ['2606:4700:4700::1111', 'global'],
    ['169.254.169.254', 'link-local'],
    ['169.254.170.2', 'link-local'],
    ['100.100.100.200', 'shared'],
    ['192.0.0.192', 'ietf-protocol'],
    ['fd00:ec2::254', 'unique-local'],
    ['fd20:ce::254', 'unique-local'],
  ])('%s is %s', (ip, expected) => {
    expect(classifyAddress(ip)).toBe(expected)
  })

  test.each([
    ['::ffff:169.254.169.254', 'link-local', 'mapped'],
    ['::ffff:0:a00:1', 'private', 'translated'],
    ['::127.0.0.1', 'loopback', 'compatible'],
    ['64:ff9b::a9fe:a9fe', 'link-local', 'NAT64'],
    ['2002:7f00:1::', 'loopback', '6to4'],
    ['2002:a83f:8110::1', 'metadata', '6to4'],
    ['2001:0:7f00:1::f7f7:f7f7', 'loopback', 'Teredo server'],
    ['2001:0:808:808::80ff:fffe', 'loopback', 'Teredo client'],
  ])('%s has the class of the IPv4 address inside: %s (%s)', (ip, expected) => {
    expect(classifyAddress(ip)).toBe(expected)
  })

  test.each(['', 'localhost', '127.1', '0x7f000001', '[::1]', 'fe80::1%lo', '::ffff:300.1.1.1', '1.2.3.4 '])(
    'what is no address is invalid, so never dialled: %j',
    (text) => {
      expect(classifyAddress(text)).toBe('invalid')
    },
  )
})

describe('embeddedIPv4', () => {
  test.each<[string, string[]]>([
    ['::ffff:1.2.3.4', ['1.2.3.4']],
    ['0:0:0:0:0:FFFF:0102:0304', ['1.2.3.4']],
    ['::ffff:0:1.2.3.4', ['1.2.3.4']],
    ['::1.2.3.4', ['1.2.3.4']],
    ['64:ff9b::1.2.3.4', ['1.2.3.4']],
    ['2002:102:304:ffff::1', ['1.2.3.4']],
    ['2001:0:102:304:8000:63bf:fafa:f9f8', ['1.2.3.4', '5.5.6.7']],
    ['::', []],
    ['::1', []],
    ['1.2.3.4', []],
    ['2001:db8::102:304', []],
    ['64:ff9b:1::102:304', []],
    ['64:ff9b::1:102:304', []],
    ['::fffe:1.2.3.4', []],
    ['0:0:0:1::ffff:102:304', []],
    ['::1%lo', []],
    ['not an address', []],
  ])('%s carries %j', (ip, expected) => {
    expect(embeddedIPv4(ip)).toEqual(expected)
  })
})
