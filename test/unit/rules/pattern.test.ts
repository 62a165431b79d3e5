import { describe, expect, test } from 'vitest'
import { type Pattern, parseHostPort, parsePattern } from '../../../src/rules/pattern.js'

const host = (name: string, port = 0) => ({ kind: 'host', host: name, port })
const suffix = (name: string, reach: string, port = 0) => ({ kind: 'suffix', suffix: name, reach, port })
const glob = (text: string, port = 0) => ({ kind: 'glob', glob: text, port })
const address = (text: string, family: 4 | 6, prefix: number, port = 0) => ({
  kind: 'address',
  cidr: { family, address: text, prefix },
  port,
})

describe('parsePattern', () => {
  test.each([
    ['ads.example', host('ads.example')],
    ['ADS.Example.', host('ads.example')],
    ['bücher.example', host('xn--bcher-kva.example')],
    ['ads.example:8080', host('ads.example', 8080)],
    ['.example.com', suffix('example.com', 'all')],
    ['+.example.com', suffix('example.com', 'all')],
    ['*.example.com', suffix('example.com', 'below')],
    ['**.example.com', suffix('example.com', 'below')],
    ['*.Bücher.example:81', suffix('xn--bcher-kva.example', 'below', 81)],
    ['.192.0.2.1', address('192.0.2.1', 4, 32)],
    ['192.0.2.1', address('192.0.2.1', 4, 32)],
    ['0x7f.1', address('127.0.0.1', 4, 32)],
    ['::ffff:10.0.0.1', address('10.0.0.1', 4, 32)],
    ['2001:DB8::1', address('2001:db8::1', 6, 128)],
    ['[2001:db8::1]', address('2001:db8::1', 6, 128)],
    ['[2001:db8::1]:443', address('2001:db8::1', 6, 128, 443)],
    ['192.0.2.9/24', address('192.0.2.0', 4, 24)],
    ['2001:db8::/32', address('2001:db8::', 6, 32)],
    ['::ffff:10.0.0.0/104', address('10.0.0.0', 4, 8)],
    ['ad*.example.com', glob('ad*.example.com')],
    ['AD**x.Bücher.example', glob('ad*x.xn--bcher-kva.example')],
    ['*', glob('*')],
    ['x.*:80', glob('x.*', 80)],
    ['[abc]d.com', glob('[abc]d.com')],
    ['ad{s,server}*.x', { kind: 'branches', branches: [glob('ads*.x'), glob('adserver*.x')] }],
    ['{a,*.a}.x', { kind: 'branches', branches: [host('a.x'), suffix('a.x', 'below')] }],
    [
      'http://*.example.com/banner/**',
      { kind: 'url', host: suffix('example.com', 'below'), path: '/banner/**', below: false },
    ],
    ['http://a.example:8080', { kind: 'url', host: host('a.example', 8080), path: '**', below: false }],
    ['http://A.example/%61#x', { kind: 'url', host: host('a.example'), path: '/a', below: false }],
    ['a.example/Games', { kind: 'url', host: host('a.example'), path: '/Games', below: true }],
    ['208.80.53.49/jeux', { kind: 'url', host: address('208.80.53.49', 4, 32), path: '/jeux', below: true }],
  ] as const)('reads %s', (text, expected) => {
    expect(parsePattern(text)).toEqual(expected)
  })

  test.each([
    ['!ads.example', 0, 'syntax', 'leading `!`'],
    ['a..b', 0, 'invalid-name', 'not a valid host name'],
    ['a b', 0, 'invalid-name', 'not a valid host name'],
    ['user@host.example', 0, 'invalid-name', 'not a valid host name'],
    [`${'a'.repeat(64)}.com`, 0, 'invalid-name', 'not a valid host name'],
    ['.a..b', 1, 'invalid-name', 'not a valid host name'],
    ['a'.repeat(257), 0, 'syntax', '257 characters'],
    ['a.example:0', 10, 'syntax', 'no port'],
    ['a.example:x', 10, 'syntax', 'no port'],
    [':80', 0, 'invalid-name', 'not a valid host name'],
    ['192.0.2.0/33', 10, 'syntax', 'prefix length'],
    ['*.192.0.2.1', 2, 'syntax', 'no subdomains'],
    ['.ads*.example', 1, 'syntax', 'leading dot before a glob'],
    ['ad[s.example', 2, 'syntax', '`[`'],
    ['ad{s.example', 2, 'syntax', '`{`'],
    ['x{1..9}.example', 1, 'syntax', 'ranges'],
    ['@(a|b).example', 0, 'syntax', 'extended globs'],
    ['{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}', 0, 'syntax', '128 branches'],
    ['x.{a,-..b}', 2, 'invalid-name', 'in the branch'],
    ['büc*.example', 1, 'syntax', 'not ASCII'],
    ['a*..b', 0, 'invalid-name', 'not a valid host name'],
    ['https://a.example/x', 0, 'syntax', 'https'],
    ['ftp://a.example/x', 0, 'syntax', 'not served'],
    ['http:///x', 7, 'syntax', 'host is missing'],
    ['http://a.example/[b', 17, 'syntax', '`[`'],
  ])('refuses %s at offset %i', (text, at, code, message) => {
    expect(parsePattern(text)).toMatchObject({ kind: 'problem', at, code, message: expect.stringContaining(message) })
  })

  test('tells what to write instead', () => {
    expect(parsePattern('https://a.example/x')).toMatchObject({ fix: expect.stringContaining('`a.example`') })
    expect(parsePattern('.ads*.x')).toMatchObject({ fix: expect.stringContaining('`{ads*.x,*.ads*.x}`') })
  })

  test('accepts 64 branches', () => {
    const pattern = parsePattern('{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}.x') as Pattern & { branches: unknown[] }
    expect(pattern.branches).toHaveLength(64)
  })
})

describe('parseHostPort', () => {
  test('knows no URLs and no braces', () => {
    expect(parseHostPort('a/b').kind).toBe('problem')
    expect(parseHostPort('{a,b}').kind).toBe('problem')
  })
})
