import { expect, test } from 'vitest'
import { printPattern } from '../../../../src/import/print-pattern.js'
import { addressRange } from '../../../../src/import/squid/address-range.js'

test.each([
  ['192.0.2.1', '192.0.2.1'],
  ['192.0.2.0/24', '192.0.2.0/24'],
  ['192.0.2.0/255.255.255.0', '192.0.2.0/24'],
  ['0.0.0.0/0.0.0.0', '0.0.0.0/0'],
  ['2001:db8::/32', '2001:db8::/32'],
  ['192.0.2.0/255.0.255.0', '? a mask with holes is no range'],
  ['192.0.2.1-192.0.2.9', '? write addresses and ranges as 192.0.2.0/24'],
  ['ads.example', '? write addresses and ranges as 192.0.2.0/24'],
])('%s → %s', (text, expected) => {
  const read = addressRange(text)
  expect('pattern' in read ? printPattern(read.pattern)?.join(' ') : `? ${read.reason}`).toBe(expected)
})
