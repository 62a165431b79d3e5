import { expect, test } from 'vitest'
import { compileHostPatterns, parseHostPatterns } from '../../../src/rules/host-patterns.js'

const target = (host: string, port = 80) => ({
  host,
  port,
  family: host.includes(':') ? (6 as const) : /^[\d.]+$/.test(host) ? (4 as const) : (0 as const),
  path: undefined,
})

test.each([
  ['a.test', 'a.test', 80, true],
  ['A.Test.', 'a.test', 80, true],
  ['a.test', 'b.a.test', 80, false],
  ['.a.test', 'a.test', 80, true],
  ['.a.test', 'c.b.a.test', 80, true],
  ['*.a.test', 'b.a.test', 80, true],
  ['*.a.test', 'a.test', 80, false],
  ['ad{s,server}*.a.test', 'adserver7.a.test', 80, true],
  ['ad{s,server}*.a.test', 'ax.a.test', 80, false],
  ['a.test:8080', 'a.test', 8080, true],
  ['a.test:8080', 'a.test', 80, false],
  ['{a,b}.test:81', 'b.test', 81, true],
  ['{a,b}.test:81', 'b.test', 80, false],
  ['10.0.0.0/8', '10.1.2.3', 80, true],
  ['10.0.0.0/8', '11.1.2.3', 80, false],
  ['fd00::/8', 'fd00::1', 80, true],
  ['*', 'anything.test', 80, true],
  ['*.onion', 'x.onion', 80, true],
])('%s names %s:%i: %s', (pattern, host, port, expected) => {
  expect(compileHostPatterns(['other.test', pattern])(target(host, port))).toBe(expected)
})

test('no pattern names nothing', () => {
  expect(compileHostPatterns([])(target('a.test'))).toBe(false)
})

test.each([
  ['a..b', 'is not a valid host name'],
  ['http://a.test/x', '`http://a.test/x` has a path'],
  ['a.test/x', 'has a path'],
  ['{a.test,b.test/x}', 'has a path'],
  ['https://a.test/', 'cannot be seen in a tunnel'],
])('%s is no pattern of a host: %s', (text, message) => {
  expect(parseHostPatterns(text)).toMatchObject({ kind: 'problem', message: expect.stringContaining(message) })
  expect(() => compileHostPatterns([text])).toThrow(message)
})
