import { createPrivateKey, generateKeyPairSync, sign, X509Certificate } from 'node:crypto'

/** A key and its certificate, in PEM. */
export type Certificate = { readonly key: string; readonly cert: string }

// DER tags (X.690 §8)
const INTEGER = 0x02
const BIT_STRING = 0x03
const OCTET_STRING = 0x04
const OBJECT_ID = 0x06
const UTF8_STRING = 0x0c
const UTC_TIME = 0x17
const SEQUENCE = 0x30
const SET = 0x31
const VERSION = 0xa0
const EXTENSIONS = 0xa3
// context tags of GeneralName (RFC 5280 §4.2.1.6)
const DNS_NAME = 0x82
const IP_ADDRESS = 0x87

const ECDSA_SHA256 = der(SEQUENCE, der(OBJECT_ID, Buffer.from('2a8648ce3d040302', 'hex')))
const COMMON_NAME = der(OBJECT_ID, Buffer.from('550403', 'hex'))
const SUBJECT_ALT_NAME = der(OBJECT_ID, Buffer.from('551d11', 'hex'))
const DAY_MS = 86_400_000

/**
 * A certificate for `localhost` and 127.0.0.1 that signs itself (RFC 5280 §4.1),
 * a day old and good for two, with a key of its own (P-256): Node's library makes
 * keys and signatures, and no certificates.
 *
 * @param now milliseconds since 1970
 */
export function makeCertificate(now: number): Certificate {
  const pair = generateKeyPairSync('ec', {
    namedCurve: 'P-256',
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'der' },
  })
  const name = der(SEQUENCE, der(SET, der(SEQUENCE, COMMON_NAME, der(UTF8_STRING, Buffer.from('veilgate leaktest')))))
  const names = der(SEQUENCE, der(DNS_NAME, Buffer.from('localhost')), der(IP_ADDRESS, Buffer.from([127, 0, 0, 1])))
  const toSign = der(
    SEQUENCE,
    der(VERSION, der(INTEGER, Buffer.from([2]))),
    der(INTEGER, Buffer.from([1])),
    ECDSA_SHA256,
    name,
    der(SEQUENCE, utcTime(now - DAY_MS), utcTime(now + 2 * DAY_MS)),
    name,
    pair.publicKey,
    der(EXTENSIONS, der(SEQUENCE, der(SEQUENCE, SUBJECT_ALT_NAME, der(OCTET_STRING, names)))),
  )
  const signature = sign('sha256', toSign, createPrivateKey(pair.privateKey))
  const whole = der(SEQUENCE, toSign, ECDSA_SHA256, der(BIT_STRING, Buffer.from([0]), signature))
  return { key: pair.privateKey, cert: new X509Certificate(whole).toString() }
}

function der(tag: number, ...parts: readonly Buffer[]): Buffer {
  const content = Buffer.concat(parts)
  return Buffer.concat([Buffer.from([tag, ...lengthOf(content.length)]), content])
}

/** X.690 §8.1.3: up to 127 in one octet, more with the number of octets before. */
function lengthOf(length: number): readonly number[] {
  if (length < 0x80) return [length]
  return length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff]
}

/** RFC 5280 §4.1.2.5.1: `YYMMDDHHMMSSZ`. */
function utcTime(at: number): Buffer {
  const digits = new Date(at).toISOString().replaceAll(/\D/g, '')
  return der(UTC_TIME, Buffer.from(`${digits.slice(2, 14)}Z`))
}
