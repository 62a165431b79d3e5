import { expect, test } from 'vitest'
import { toDohServer } from '../../../../src/upstream/dns/doh-server.js'

test('takes a URL apart; what stands for the host in TLS is its name', () => {
  expect(toDohServer('https://dns.test/dns-query?x=1', ['192.0.2.53', '2001:db8::53'], 'PEM')).toEqual({
    origin: 'https://dns.test',
    host: 'dns.test',
    port: 443,
    path: '/dns-query?x=1',
    serverName: 'dns.test',
    addresses: ['192.0.2.53', '2001:db8::53'],
    ca: 'PEM',
    egressAddresses: expect.objectContaining({ isConfigured: false }),
  })
})

test.each([
  ['https://192.0.2.53/dns-query', '192.0.2.53', 443],
  ['https://[2001:db8::53]:8443/', '2001:db8::53', 8443],
])('%s needs no bootstrap and no server name', (url, host, port) => {
  expect(toDohServer(url, [], undefined)).toMatchObject({ host, port, serverName: undefined, addresses: [host] })
  expect(toDohServer(url, ['192.0.2.54'], undefined).addresses).toEqual(['192.0.2.54'])
})

test('what cannot be reached is refused: no URL, a name without an address', () => {
  expect(() => toDohServer('', [], undefined)).toThrow('egress.dns.doh.url')
  expect(() => toDohServer('https://dns.test/', [], undefined)).toThrow(
    'egress.dns.doh.bootstrap: no address of dns.test',
  )
})
