import { expect, test } from 'vitest'
import { ProxyError } from '../../../src/errors.js'
import { FetchError, toFetchError } from '../../../src/subscriptions/fetch-error.js'

const withCode = (code: string) => Object.assign(new Error('raw'), { code })

test.each([
  [new ProxyError('VG_ORIGIN_REFUSED', 'ECONNREFUSED'), 'the origin refused the connection: ECONNREFUSED'],
  [
    new ProxyError('VG_ADDRESS_PROHIBITED', 'loopback'),
    'the egress guard refuses the address of this target: loopback (egress.guard.allow opens it)',
  ],
  [withCode('ECONNRESET'), 'the connection broke off'],
  [withCode('HPE_INVALID_CONSTANT'), 'the server breaks the HTTP protocol'],
  [
    withCode('DEPTH_ZERO_SELF_SIGNED_CERT'),
    'nobody trusted vouches for the certificate of the server (ca: names an authority)',
  ],
  [withCode('ERR_TLS_CERT_ALTNAME_INVALID'), 'the certificate of the server is for another name'],
  [withCode('EWHATEVER'), 'raw'],
  ['text', 'text'],
])('%s reads: %s', (error, message) => {
  expect(toFetchError(error)).toMatchObject({ name: 'FetchError', message })
})

test('one of its own stays itself', () => {
  const error = new FetchError('x')
  expect(toFetchError(error)).toBe(error)
})
