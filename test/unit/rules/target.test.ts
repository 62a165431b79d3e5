import { describe, expect, test } from 'vitest'
import { InputError } from '../../../src/errors.js'
import { parseTarget } from '../../../src/rules/target.js'

describe('parseTarget', () => {
  test.each([
    ['Example.COM.', { host: 'example.com', port: 443, family: 0, path: undefined }],
    ['example.com:8080', { host: 'example.com', port: 8080, family: 0, path: undefined }],
    ['bücher.example', { host: 'xn--bcher-kva.example', port: 443, family: 0, path: undefined }],
    ['0x7f.1', { host: '127.0.0.1', port: 443, family: 4, path: undefined }],
    ['2001:db8::1', { host: '2001:db8::1', port: 443, family: 6, path: undefined }],
    ['[2001:db8::1]:80', { host: '2001:db8::1', port: 80, family: 6, path: undefined }],
    ['::ffff:7f00:1', { host: '127.0.0.1', port: 443, family: 4, path: undefined }],
    ['http://example.com', { host: 'example.com', port: 80, family: 0, path: '/' }],
    ['HTTP://example.com:81/a?b#c', { host: 'example.com', port: 81, family: 0, path: '/a?b' }],
    ['http://example.com?q', { host: 'example.com', port: 80, family: 0, path: '/?q' }],
    ['http://example.com/bü', { host: 'example.com', port: 80, family: 0, path: '/b%C3%BC' }],
    ['ws://example.com/s', { host: 'example.com', port: 80, family: 0, path: '/s' }],
    ['https://example.com/a', { host: 'example.com', port: 443, family: 0, path: undefined }],
  ])('reads %s', (text, expected) => {
    expect(parseTarget(text)).toEqual(expected)
  })

  test.each([
    '',
    'a..b',
    'a b',
    'a%00.com',
    'evil.com#.example.com',
    'foo@bar.com:443',
    'a.example:0',
    `${'a.'.repeat(127)}a`,
    'ftp://a.example',
    'http://',
  ])('refuses %j with a sentence', (text) => {
    expect(() => parseTarget(text)).toThrow(InputError)
    expect(() => parseTarget(text)).toThrow(/; write /)
  })
})
