import { describe, expect, test } from 'vitest'
import { createOwnListeners } from '../../../src/policy/own-listeners.js'

const LOCAL = ['127.0.0.1', '::1', '192.168.1.5', '2001:db8::5', 'fe80::1%eth0']

describe('own listeners', () => {
  test.each([
    ['127.0.0.1', '127.0.0.1', true, 'itself'],
    ['127.0.0.1', '127.0.0.2', false, 'another loopback address'],
    ['127.0.0.1', '::1', false, 'another family'],
    ['127.0.0.1', '0.0.0.0', true, 'unspecified reaches loopback'],
    ['127.0.0.1', '::', true, 'unspecified reaches loopback'],
    ['127.0.0.1', '::ffff:7f00:1', true, 'mapped'],
    ['127.0.0.1', '::127.0.0.1', true, 'compatible'],
    ['127.0.0.1', '64:ff9b::7f00:1', true, 'NAT64'],
    ['127.0.0.1', '2002:7f00:1::', true, '6to4'],
    ['127.0.0.1', '2001:0:808:808::80ff:fffe', true, 'Teredo client'],
    ['127.0.0.1', '192.168.1.5', false, 'an interface nobody listens on'],
    ['::1', '::1', true, 'itself'],
    ['::1', '0:0:0:0:0:0:0:1', true, 'another spelling'],
    ['::1', '127.0.0.1', false, 'another family'],
    ['192.168.1.5', '192.168.1.5', true, 'itself'],
    ['192.168.1.5', '0.0.0.0', false, 'unspecified reaches loopback only'],
    ['0.0.0.0', '127.9.9.9', true, 'all of loopback'],
    ['0.0.0.0', '0.0.0.0', true, 'unspecified'],
    ['0.0.0.0', '::', true, 'unspecified of the other family'],
    ['::', '0.0.0.0', true, 'unspecified of the other family'],
    ['0.0.0.0', '192.168.1.5', true, 'an interface'],
    ['0.0.0.0', '::ffff:192.168.1.5', true, 'an interface, mapped'],
    ['0.0.0.0', '2002:c0a8:105::', true, 'an interface, 6to4'],
    ['0.0.0.0', '192.168.1.6', false, 'another machine'],
    ['::', '::1', true, 'loopback'],
    ['::', '127.0.0.1', true, 'dual stack'],
    ['::', '2001:DB8:0::5', true, 'an interface, another spelling'],
    ['::', 'fe80::1', true, 'link-local without its zone'],
    ['::', '2001:db8::6', false, 'another machine'],
  ])('a listener on %s is the target %s: %s (%s)', (address, ip, expected) => {
    expect(createOwnListeners([{ address, port: 3128 }], LOCAL)(ip, 3128)).toBe(expected)
  })

  test('another port is not ours', () => {
    const isOwn = createOwnListeners([{ address: '0.0.0.0', port: 3128 }], LOCAL)
    expect([3127, 3129, 80].map((port) => isOwn('127.0.0.1', port))).toEqual([false, false, false])
  })

  test('every listener counts, each on its own port', () => {
    const isOwn = createOwnListeners(
      [
        { address: '127.0.0.1', port: 3128 },
        { address: '192.168.1.5', port: 3128 },
        { address: '::', port: 8080 },
      ],
      LOCAL,
    )
    expect([isOwn('192.168.1.5', 3128), isOwn('127.0.0.1', 3128), isOwn('::1', 3128), isOwn('::1', 8080)]).toEqual([
      true,
      true,
      false,
      true,
    ])
  })
})
