import { expect, test } from 'vitest'
import { parseServerAddress } from '../../../../src/upstream/dns/server-address.js'

test.each([
  ['192.0.2.53', '192.0.2.53', 53],
  ['192.0.2.53:5353', '192.0.2.53', 5353],
  ['2001:db8::53', '2001:db8::53', 53],
  ['[2001:db8::53]:5353', '2001:db8::53', 5353],
  ['fe80::1%eth0', 'fe80::1%eth0', 53],
  ['[fe80::1%eth0]:53', 'fe80::1%eth0', 53],
])('%s', (text, address, port) => {
  expect(parseServerAddress(text)).toEqual({ address, port })
})

test.each(['', 'dns.test', '192.0.2.53:0', '192.0.2.53:65536', '192.0.2.53:', '[192.0.2.53]:53', '1.2.3:53'])(
  '%j is none',
  (text) => {
    expect(parseServerAddress(text)).toBeUndefined()
  },
)
