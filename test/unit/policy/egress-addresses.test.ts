import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { canonicalHost } from '../../../src/http/authority.js'
import { createEgressAddresses } from '../../../src/policy/egress-addresses.js'

function first(entries: readonly string[], family: 4 | 6, count: number): (string | undefined)[] {
  const addresses = createEgressAddresses(entries)
  return Array.from({ length: count }, (_, i) => addresses.at(family, BigInt(i))).map(
    (address) => address && canonicalHost(address),
  )
}

describe('egress addresses', () => {
  test('take turns in the order they were written, the families apart', () => {
    const entries = ['192.0.2.7', '2001:db8::7', '198.51.100.8/30', '2001:db8:1::/126']
    expect(first(entries, 4, 5)).toEqual(['192.0.2.7', '198.51.100.9', '198.51.100.10', '192.0.2.7', '198.51.100.9'])
    expect(first(entries, 6, 5)).toEqual([
      '2001:db8::7',
      '2001:db8:1::1',
      '2001:db8:1::2',
      '2001:db8:1::3',
      '2001:db8::7',
    ])
  })

  test('a pair and a single address have no network and no broadcast address', () => {
    expect(first(['192.0.2.6/31'], 4, 3)).toEqual(['192.0.2.6', '192.0.2.7', '192.0.2.6'])
    expect(first(['2001:db8::6/127'], 6, 3)).toEqual(['2001:db8::6', '2001:db8::7', '2001:db8::6'])
    expect(first(['192.0.2.6/32', '192.0.2.9'], 4, 3)).toEqual(['192.0.2.6', '192.0.2.9', '192.0.2.6'])
  })

  test('a range of any size costs nothing, and a large number finds its end', () => {
    const addresses = createEgressAddresses(['2001:db8::/32'])
    expect(addresses.at(6, (1n << 96n) - 2n)).toBe('2001:db8:ffff:ffff:ffff:ffff:ffff:ffff')
    expect(addresses.at(6, (1n << 96n) - 1n)).toBe('2001:db8:0:0:0:0:0:1')
  })

  test('every number has an address within one of the ranges, and the same one each time', () => {
    const addresses = createEgressAddresses(['10.0.0.0/24', '10.0.2.0/29'])
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 1n << 128n }), (index) => {
        const address = addresses.at(4, index)
        expect(address).toMatch(/^10\.0\.(?:0\.(?:[1-9]|\d\d|1\d\d|2[0-4]\d|25[0-4])|2\.[1-6])$/)
        expect(addresses.at(4, index)).toBe(address)
      }),
    )
  })

  test('a family without an address has none, whatever the other has', () => {
    expect(createEgressAddresses(['192.0.2.7']).at(6, 0n)).toBeUndefined()
    expect(createEgressAddresses(['2001:db8::7']).at(4, 0n)).toBeUndefined()
  })

  test('none at all is not a pool that is empty', () => {
    expect(createEgressAddresses([]).isConfigured).toBe(false)
    expect(createEgressAddresses(['192.0.2.7']).isConfigured).toBe(true)
    expect(() => createEgressAddresses(['eth0'])).toThrow('not an address or CIDR')
  })
})
