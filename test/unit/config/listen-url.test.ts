import { describe, expect, test } from 'vitest'
import { isLoopbackListener, parseListenUrl, toListenAddress } from '../../../src/config/listen-url.js'

test.each([
  ['http://127.0.0.1:3128', { address: '127.0.0.1', port: 3128 }],
  ['http://[::1]:80', { address: '::1', port: 80 }],
  ['http://0.0.0.0:0', { address: '0.0.0.0', port: 0 }],
])('a listener of %s is bound to %j', (url, address) => {
  expect(toListenAddress(url)).toEqual(address)
})

test('what is no listen address is bound nowhere', () => {
  expect(() => toListenAddress('http://:1')).toThrow('listen: a listen address needs a host')
})

describe('parseListenUrl', () => {
  test.each([
    ['http://127.0.0.1:3128', 'http://127.0.0.1:3128'],
    ['HTTP://127.0.0.1:3128/', 'http://127.0.0.1:3128'],
    ['http://127.0.0.1:0', 'http://127.0.0.1:0'],
    ['http://0.0.0.0:80', 'http://0.0.0.0:80'],
    ['http://[::1]:3128', 'http://[::1]:3128'],
    ['http://[0:0:0:0:0:0:0:1]:3128', 'http://[::1]:3128'],
    ['http://[::ffff:127.0.0.1]:3128', 'http://127.0.0.1:3128'],
    ['http://LOCALHOST:3128', 'http://localhost:3128'],
  ])('reads %s as %s', (text, url) => {
    expect(parseListenUrl(text)).toEqual({ url })
  })

  test.each([
    ['', 'not a listen address'],
    ['127.0.0.1:3128', 'not a listen address'],
    ['http://127.0.0.1', 'needs a host and a port'],
    ['http://127.0.0.1:', 'needs a host and a port'],
    ['http://127.0.0.1:99999', '99999 is not a port'],
    ['http://127.0.0.1:3128/path', 'nothing after them'],
    ['http://127.0.0.1:3128?x', 'nothing after them'],
    ['http://:3128', 'needs a host'],
    ['http://*:3128', 'needs a host'],
    ['http://a..b:3128', 'host of this listen address is not valid'],
    ['http://[fe80::1%25eth0]:3128', 'host of this listen address is not valid'],
    ['https://127.0.0.1:3128', 'no https listener yet'],
    ['socks5://127.0.0.1:1080', 'no socks5 listener yet'],
    ['mixed://127.0.0.1:1080', 'no mixed listener yet'],
    ['ftp://127.0.0.1:21', 'has no ftp listener'],
  ])('refuses %j: %s', (text, message) => {
    expect(parseListenUrl(text)).toMatchObject({
      message: expect.stringContaining(message),
      fix: expect.stringMatching(/^write/),
    })
  })

  test('does not repeat a password', () => {
    expect(JSON.stringify(parseListenUrl('http://me:hunter2@127.0.0.1:3128'))).not.toContain('hunter2')
  })
})

describe('isLoopbackListener', () => {
  test.each([
    ['http://127.0.0.1:3128', true],
    ['http://127.9.9.9:1', true],
    ['http://[::1]:3128', true],
    ['http://localhost:3128', true],
    ['http://0.0.0.0:3128', false],
    ['http://[::]:3128', false],
    ['http://192.168.1.1:3128', false],
    ['http://127.example:3128', false],
  ])('%s: %s', (url, expected) => {
    expect(isLoopbackListener(url)).toBe(expected)
  })
})
