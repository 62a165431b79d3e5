import fc from 'fast-check'
import ipaddr from 'ipaddr.js'
import { describe, expect, test } from 'vitest'
import { createCidrTable, parseCidr } from '../../../src/http/cidr.js'

const numRuns = Number(process.env.FUZZ_RUNS ?? 100)

describe('parseCidr', () => {
  test.each([
    ['192.0.2.1', { family: 4, address: '192.0.2.1', prefix: 32 }],
    ['192.0.2.77/24', { family: 4, address: '192.0.2.0', prefix: 24 }],
    ['0.0.0.0/0', { family: 4, address: '0.0.0.0', prefix: 0 }],
    ['255.255.255.255/1', { family: 4, address: '128.0.0.0', prefix: 1 }],
    ['2001:DB8:0:0::1', { family: 6, address: '2001:db8::1', prefix: 128 }],
    ['2001:db8:ffff::/33', { family: 6, address: '2001:db8:8000::', prefix: 33 }],
    ['::/0', { family: 6, address: '::', prefix: 0 }],
    ['::ffff:10.1.2.3', { family: 4, address: '10.1.2.3', prefix: 32 }],
    ['::ffff:a00:0/104', { family: 4, address: '10.0.0.0', prefix: 8 }],
    ['::ffff:0:0/90', { family: 6, address: '::ffc0:0:0', prefix: 90 }],
  ])('reads %s', (text, expected) => {
    expect(parseCidr(text)).toEqual(expected)
  })

  test.each([
    '',
    '/8',
    '10/8',
    '10.0.0.0/',
    '10.0.0.0/33',
    '10.0.0.0/8/8',
    '10.0.0.0/-1',
    '10.0.0.0/ 8',
    '010.0.0.0/8',
    '::/129',
    'fe80::1%eth0',
    '[::1]',
    'a.b',
    '10.0.0.0/0x8',
  ])('refuses %j', (text) => {
    expect(parseCidr(text)).toBeUndefined()
  })
})

describe('CIDR table', () => {
  test('answers with the longest range, and with all of them longest first', () => {
    const table = createCidrTable<string>()
    for (const text of [
      '10.0.0.0/8',
      '10.1.0.0/16',
      '0.0.0.0/0',
      '10.1.2.3',
      '2001:db8::/32',
      '2001:db8::/48',
      '::/0',
    ]) {
      const cidr = parseCidr(text)
      if (cidr !== undefined) table.add(cidr, text)
    }
    expect(table.size).toBe(7)
    expect(table.longest('10.1.2.3')).toEqual({
      value: '10.1.2.3',
      prefix: 32,
    })
    expect(table.all('10.1.9.9')).toEqual(['10.1.0.0/16', '10.0.0.0/8', '0.0.0.0/0'])
    expect(table.all('::ffff:10.1.9.9')).toEqual(['10.1.0.0/16', '10.0.0.0/8', '0.0.0.0/0'])
    expect(table.all('2001:db8:0:1::')).toEqual(['2001:db8::/48', '2001:db8::/32', '::/0'])
    expect(table.longest('2001:db9::1')).toEqual({ value: '::/0', prefix: 0 })
    expect(table.longest('not an address')).toBeUndefined()
  })

  test('keeps equal ranges in the order they were added', () => {
    const table = createCidrTable<number>()
    const cidr = { family: 4, address: '192.0.2.0', prefix: 24 } as const
    table.add(cidr, 1)
    table.add(cidr, 2)
    expect(table.all('192.0.2.9')).toEqual([1, 2])
    expect(table.longest('192.0.2.9')?.value).toBe(1)
  })

  const v4 = fc.ipV4()
  const v6 = fc.ipV6().filter((text) => !ipaddr.IPv6.parse(text).isIPv4MappedAddress())

  test.each([
    ['IPv4', v4, 32],
    ['IPv6', v6, 128],
  ] as const)('holds exactly the addresses that ipaddr.js says are in the range (%s)', (_, address, bits) => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(address, fc.integer({ min: 0, max: bits })), {
          minLength: 1,
        }),
        address,
        fc.nat(),
        fc.integer({ min: 0, max: bits - 1 }),
        (ranges, elsewhere, pick, bit) => {
          const table = createCidrTable<string>()
          for (const [base, prefix] of ranges) {
            const cidr = parseCidr(`${base}/${prefix}`)
            expect(cidr).toBeDefined()
            if (cidr !== undefined) table.add(cidr, `${base}/${prefix}`)
          }
          const near = flipBit(ranges[pick % ranges.length]?.[0] ?? elsewhere, bit)
          for (const ip of [elsewhere, near]) {
            const expected = ranges.filter(([base, prefix]) => ipaddr.parse(ip).match(ipaddr.parse(base), prefix))
            expect(table.all(ip).toSorted()).toEqual(expected.map(([base, prefix]) => `${base}/${prefix}`).toSorted())
            expect(table.longest(ip)?.prefix).toBe(
              expected.length === 0 ? undefined : Math.max(...expected.map(([, p]) => p)),
            )
          }
        },
      ),
      { numRuns },
    )
  })
})

function flipBit(ip: string, bit: number): string {
  const bytes = ipaddr.parse(ip).toByteArray()
  const at = bit >> 3
  bytes[at] = (bytes[at] ?? 0) ^ (0x80 >> (bit & 7))
  return ipaddr.fromByteArray(bytes).toString()
}
