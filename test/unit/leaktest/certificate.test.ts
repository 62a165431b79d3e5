import { X509Certificate } from 'node:crypto'
import { expect, test } from 'vitest'
import { makeCertificate } from '../../../src/leaktest/certificate.js'

test('a certificate that signs itself, for loopback, valid at the time given', () => {
  const now = Date.UTC(2026, 10, 28)
  const cert = new X509Certificate(makeCertificate(now).cert)
  expect(cert.verify(cert.publicKey)).toBe(true)
  expect(cert.checkIP('127.0.0.1')).toBe('127.0.0.1')
  expect(cert.checkHost('localhost')).toBe('localhost')
  expect([Date.parse(cert.validFrom), Date.parse(cert.validTo)]).toEqual([now - 86_400_000, now + 172_800_000])
})
