import { isIPv6 } from 'node:net'
import fc from 'fast-check'
import ipaddr from 'ipaddr.js'
import { describe, expect, test } from 'vitest'
import { parseIPv6 } from '../../../src/http/ipv6.js'

const numRuns = Number(process.env.FUZZ_RUNS ?? 100)

describe('parseIPv6', () => {
  test.each<[string, number[]]>([
    ['::', [0, 0, 0, 0, 0, 0, 0, 0]],
    ['::1', [0, 0, 0, 0, 0, 0, 0, 1]],
    ['1::', [1, 0, 0, 0, 0, 0, 0, 0]],
    ['1::8', [1, 0, 0, 0, 0, 0, 0, 8]],
    ['1:2:3:4:5:6:7:8', [1, 2, 3, 4, 5, 6, 7, 8]],
    ['1:2:3:4:5:6:7::', [1, 2, 3, 4, 5, 6, 7, 0]],
    ['::2:3:4:5:6:7:8', [0, 2, 3, 4, 5, 6, 7, 8]],
    ['FE80:0000::00aB', [0xfe80, 0, 0, 0, 0, 0, 0, 0xab]],
    ['1:2:3:4:5:6:255.0.16.1', [1, 2, 3, 4, 5, 6, 0xff00, 0x1001]],
    ['64:ff9b::127.0.0.1', [0x64, 0xff9b, 0, 0, 0, 0, 0x7f00, 1]],
    ['::ffff:8.8.8.8', [0, 0, 0, 0, 0, 0xffff, 0x808, 0x808]],
    ['::8.8.8.8', [0, 0, 0, 0, 0, 0, 0x808, 0x808]],
  ])('reads %s', (text, expected) => {
    expect(parseIPv6(text)).toEqual(expected)
  })

  test.each([
    '',
    ':',
    ':::',
    '1.2.3.4',
    '1:2:3:4:5:6:7',
    '1::2::3',
    '12345::',
    '::1%lo',
    '[::1]',
    '::1.2.3',
    '::256.1.1.1',
    '::01.2.3.4',
    'g::',
  ])('refuses %j', (text) => {
    expect(parseIPv6(text)).toBeUndefined()
  })

  test('agrees with ipaddr.js on every literal that has no dotted tail', () => {
    fc.assert(
      fc.property(
        fc.ipV6().filter((text) => !text.includes('.')),
        (text) => {
          expect(parseIPv6(text)).toEqual(ipaddr.IPv6.parse(text).parts)
        },
      ),
      { numRuns },
    )
  })

  test('reads exactly what Node takes for an address, zone ids aside', () => {
    const literal = fc.ipV6()
    const piece = fc.stringMatching(/^[0-9a-f:.]{0,3}$/)
    const changed = fc.tuple(literal, piece, fc.nat(40), fc.nat(3)).map(([text, put, at, cut]) => {
      return text.slice(0, at) + put + text.slice(at + cut)
    })
    fc.assert(
      fc.property(fc.oneof(literal, changed, fc.stringMatching(/^[0-9a-fA-F:.]{0,20}$/)), (text) => {
        expect(parseIPv6(text) !== undefined).toBe(isIPv6(text))
      }),
      { numRuns: numRuns * 20 },
    )
  })
})
