import { describe, expect, test } from 'vitest'
import { parseTarget, splitAbsoluteForm } from '../../../src/http/target.js'

describe('splitAbsoluteForm', () => {
  test.each([
    ['http://a.test/p?q', { scheme: 'http', authority: 'a.test', path: '/p?q' }],
    ['HTTP://A.test', { scheme: 'http', authority: 'A.test', path: '/' }],
    ['http://a.test:80?q', { scheme: 'http', authority: 'a.test:80', path: '/?q' }],
    ['ws://a.test/', { scheme: 'ws', authority: 'a.test', path: '/' }],
    ['http://u@a.test/', { scheme: 'http', authority: 'u@a.test', path: '/' }],
    ['http:///p', { scheme: 'http', authority: '', path: '/p' }],
    ['http://a//b/../c', { scheme: 'http', authority: 'a', path: '//b/../c' }],
    ['https://a.test/', undefined],
    ['wss://a.test/', undefined],
    ['http:/a', undefined],
    ['/p', undefined],
    ['*', undefined],
    ['', undefined],
  ])('%s', (target, expected) => {
    expect(splitAbsoluteForm(target)).toEqual(expected)
  })
})

describe('parseTarget', () => {
  test.each([
    [
      'GET',
      'http://A.test./p',
      { form: 'absolute', scheme: 'http', authority: { host: 'a.test', port: 80, family: 0 }, path: '/p' },
    ],
    [
      'GET',
      'http://[::1]:8080',
      { form: 'absolute', scheme: 'http', authority: { host: '::1', port: 8080, family: 6 }, path: '/' },
    ],
    [
      'GET',
      'http://2130706433/',
      { form: 'absolute', scheme: 'http', authority: { host: '127.0.0.1', port: 80, family: 4 }, path: '/' },
    ],
    [
      'GET',
      'ws://a.test/s',
      { form: 'absolute', scheme: 'ws', authority: { host: 'a.test', port: 80, family: 0 }, path: '/s' },
    ],
    [
      'CONNECT',
      'a.test:443',
      { form: 'authority', scheme: '', authority: { host: 'a.test', port: 443, family: 0 }, path: '' },
    ],
    [
      'CONNECT',
      '[::ffff:127.0.0.1]:443',
      { form: 'authority', scheme: '', authority: { host: '127.0.0.1', port: 443, family: 4 }, path: '' },
    ],
    ['GET', '/p', { form: 'origin', scheme: '', authority: undefined, path: '' }],
    ['OPTIONS', '*', { form: 'asterisk', scheme: '', authority: undefined, path: '*' }],
  ])('%s %s', (method, target, expected) => {
    expect(parseTarget(method, target)).toEqual(expected)
  })

  test.each([
    ['GET', 'http://a.test/#f', 'VG_TARGET_MALFORMED'],
    ['GET', 'http://a.test#.b.test/', 'VG_TARGET_MALFORMED'],
    ['GET', 'http://u:p@a.test/', 'VG_TARGET_MALFORMED'],
    ['GET', 'http://a\\@b/', 'VG_TARGET_MALFORMED'],
    ['GET', 'http:///p', 'VG_TARGET_MALFORMED'],
    ['GET', 'http://a:0/', 'VG_TARGET_MALFORMED'],
    ['GET', 'http://a:/', 'VG_TARGET_MALFORMED'],
    ['GET', 'http://a:65536/', 'VG_TARGET_MALFORMED'],
    ['GET', 'http://a%00.test/', 'VG_TARGET_MALFORMED'],
    ['GET', '*', 'VG_TARGET_MALFORMED'],
    ['GET', 'https://a.test/', 'VG_TARGET_MALFORMED'],
    ['GET', 'wss://a.test/', 'VG_TARGET_MALFORMED'],
    ['GET', 'a.test:80', 'VG_TARGET_MALFORMED'],
    ['GET', 'a.test', 'VG_TARGET_MALFORMED'],
    ['GET', 'ftp://a.test/', 'VG_SCHEME_UNSUPPORTED'],
    ['GET', 'gopher://a.test/', 'VG_SCHEME_UNSUPPORTED'],
    ['GET', 'urn:isbn:0451450523', 'VG_SCHEME_UNSUPPORTED'],
    ['GET', 'file:///etc/passwd', 'VG_SCHEME_UNSUPPORTED'],
    ['GET', 'cache_object://localhost/', 'VG_TARGET_MALFORMED'],
    ['CONNECT', 'a.test', 'VG_TARGET_MALFORMED'],
    ['CONNECT', 'http://a.test/', 'VG_TARGET_MALFORMED'],
    ['CONNECT', '/p', 'VG_TARGET_MALFORMED'],
    ['CONNECT', '*:443', 'VG_TARGET_MALFORMED'],
    ['CONNECT', 'u@a.test:443', 'VG_TARGET_MALFORMED'],
  ])('%s %s: %s', (method, target, code) => {
    expect(parseTarget(method, target)).toBe(code)
  })
})
