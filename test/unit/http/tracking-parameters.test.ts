import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { TRACKING_PARAMETERS, withoutTracking } from '../../../src/http/tracking-parameters.js'

const numRuns = Number(process.env.FUZZ_RUNS ?? 200)
const NAMES = TRACKING_PARAMETERS.map(({ name }) => name)

describe('withoutTracking', () => {
  test.each([
    ['/p?utm_source=a', '/p'],
    ['/p?id=1&gclid=x', '/p?id=1'],
    ['/p?fbclid=x&id=1', '/p?id=1'],
    ['/p?a=1&msclkid=x&b=2&utm_medium=y&c=3', '/p?a=1&b=2&c=3'],
    ['/p?GCLID=x&Utm_Campaign=y&a=%20+%2B', '/p?a=%20+%2B'],
    ['/p?utm%5Fsource=a&%67clid=b&c', '/p?c'],
    ['/p?gclid', '/p'],
    ['/p?&&gclid=1&&a', '/p?&&&a'],
    ['/?gclid=a#gclid=b', '/#gclid=b'],
    ['http://o.test/?gclid=a', 'http://o.test/'],
  ])('%s goes on as %s', (url, expected) => {
    expect(withoutTracking(url)).toBe(expected)
  })

  test.each([
    '/gclid=1',
    '/p',
    '/p?',
    '/p?a=gclid&b=utm_source',
    '/p?a=gclid=1',
    '/p?mygclid=1&gclid2=2&xutm_a=3&utm=4',
    '/p?%zz=1&%E0%A4=2',
    '/p?=gclid',
    '/p#?gclid=1',
    `/p?${'g'.repeat(1_000)}=1`,
    '*',
  ])('%s stays', (url) => {
    expect(withoutTracking(url)).toBe(url)
  })

  test('what goes on are the other parameters, unchanged and in order', () => {
    const name = fc.oneof(
      fc.constantFrom(...NAMES.map((one) => one.replace('*', 'x'))),
      fc.stringMatching(/^[a-z_%&=]{0,6}$/),
    )
    const parameter = fc.tuple(name, fc.constantFrom('', '=', '=1', '=a=b', '=%26')).map((parts) => parts.join(''))
    fc.assert(
      fc.property(fc.array(parameter, { maxLength: 6 }), (parameters) => {
        const query = parameters.join('&')
        const kept = query.split('&').filter((one) => !isTracking(one.split('=')[0] ?? ''))
        const expected = kept.length === query.split('&').length ? `/?${query}` : `/?${kept.join('&')}`
        expect(withoutTracking(`/?${query}`).replace(/\?$/, '')).toBe(expected.replace(/\?$/, ''))
      }),
      { numRuns },
    )
  })
})

test('the table has each name once, in lower case, with its source', () => {
  expect(new Set(NAMES).size).toBe(NAMES.length)
  for (const { name, source } of TRACKING_PARAMETERS) {
    expect(name).toMatch(/^[a-z0-9_]+\*?$/)
    expect(source).toMatch(/\S{3}/)
    expect(withoutTracking(`/?${name.replace('*', 'x').toUpperCase()}=1`)).toBe('/')
  }
})

function isTracking(name: string): boolean {
  return NAMES.some((row) => (row.endsWith('*') ? name.startsWith(row.slice(0, -1)) : row === name))
}
