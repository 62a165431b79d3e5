import fc from 'fast-check'
import { getDomain } from 'tldts'
import { expect, test } from 'vitest'
import { authorityOfUrl, identitySiteOf, isOfSite, siteOf } from '../../../src/http/site.js'

const isSameSite = (one: string, other: string) => isOfSite(one, { host: other, site: siteOf(other) })

test.each([
  ['o.test', 'o.test', true],
  ['a.o.test:81', 'b.o.test', true],
  ['a.co.uk', 'b.co.uk', false],
  ['a.github.io', 'b.github.io', false],
  ['127.0.0.1:80', '127.0.0.1:8080', true],
  ['127.0.0.1', '127.0.0.2', false],
  ['[::1]', '[::1]:81', true],
  ['[::1]:81', '[::2]:81', false],
  ['localhost', 'LOCALHOST:3000', true],
  ['localhost', 'o.test', false],
  ['o.test', 'localhost', false],
])('%s and %s are one site: %s', (one, other, expected) => {
  expect(isSameSite(one, other)).toBe(expected)
  expect(isSameSite(other, one)).toBe(expected)
})

test.each([
  ['http://o.test/a?b', 'o.test'],
  ['https://o.test:81', 'o.test:81'],
  ['http://u:p@o.test/@x', 'o.test'],
  ['http://[::1]:81#a', '[::1]:81'],
  ['http:///a', ''],
  ['null', undefined],
  ['//o.test/', undefined],
  ['a b://o.test/', undefined],
  ['', undefined],
])('%s has the authority %s', (url, expected) => {
  expect(authorityOfUrl(url)).toBe(expected)
})

test('agrees with the public suffix list on every pair of names', () => {
  const label = fc.constantFrom('a', 'b', 'co', 'uk', 'github', 'io', 'test', 'ck', 'www', 'A', '1')
  const name = fc.array(label, { minLength: 1, maxLength: 4 }).map((labels) => labels.join('.'))
  const authority = fc.tuple(name, fc.constantFrom('', '.', ':80', ':8080', '.:80')).map((parts) => parts.join(''))
  const plainSiteOf = (one: string) =>
    getDomain(one, { allowPrivateDomains: true }) ?? one.replace(/:\d+$/, '').toLowerCase()
  fc.assert(
    fc.property(authority, authority, (one, other) => {
      expect(isSameSite(one, other)).toBe(plainSiteOf(one) === plainSiteOf(other))
    }),
    { numRuns: Number(process.env.FUZZ_RUNS ?? 2_000) },
  )
})

test.each([
  ['www.a.co.uk', 0, 'a.co.uk'],
  ['a.x.onion', 0, 'a.x.onion'],
  ['printer', 0, 'printer'],
  ['192.0.2.1', 4, '192.0.2.1'],
  ['2001:db8::1', 6, '2001:db8::1'],
] as const)('%s (family %i) shares an identity with what is of %s', (host, family, site) => {
  expect(identitySiteOf({ host, family })).toBe(site)
})
