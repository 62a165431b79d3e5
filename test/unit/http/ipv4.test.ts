import fc from 'fast-check'
import { expect, test } from 'vitest'
import { integerOfIPv4 } from '../../../src/http/ipv4.js'

test('a dotted quad is its four octets, most significant first', () => {
  fc.assert(
    fc.property(fc.ipV4(), (address) => {
      const octets = Buffer.alloc(4)
      octets.writeUInt32BE(integerOfIPv4(address))
      expect(octets.join('.')).toBe(address)
    }),
  )
})
