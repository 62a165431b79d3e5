import { expect, test } from 'vitest'
import { ERROR_CATALOG, type ErrorCode } from '../../../src/errors.js'
import type { Decision } from '../../../src/pipeline/exchange.js'
import { decisionAfter } from '../../../src/pipeline/refusal-decision.js'

const before: Decision = { action: 'allow', reason: 'default', level: 'default', rule: null }

test.each([
  ['VG_ADDRESS_PROHIBITED', 'guard'],
  ['VG_PROXY_LOOP', 'loop'],
  ['VG_CLIENT_LIMIT', 'limit'],
  ['VG_CONNECTION_LIMIT', 'limit'],
  ['VG_TUNNEL_LIMIT', 'limit'],
  ['VG_DIAL_LIMIT', 'limit'],
  ['VG_CLIENT_REFUSED', 'client'],
  ['VG_HEAD_TIMEOUT', 'malformed'],
  ['VG_HEAD_TOO_LARGE', 'malformed'],
  ['VG_URI_TOO_LONG', 'malformed'],
  ['VG_REQUEST_MALFORMED', 'malformed'],
  ['VG_VERSION_UNSUPPORTED', 'malformed'],
  ['VG_FRAMING_CONFLICT', 'malformed'],
] as const)('%s is a block because of %s', (code, reason) => {
  expect(decisionAfter(code, before)).toEqual({ action: 'block', reason, level: 'default', rule: null })
})

test('an error of the origin leaves the decision that allowed the exchange', () => {
  const errors = (Object.keys(ERROR_CATALOG) as ErrorCode[]).filter((code) => /ORIGIN|DNS|RESPONSE|INTERNAL/.test(code))
  expect(errors.length).toBeGreaterThan(6)
  for (const code of errors) expect(decisionAfter(code, before)).toBe(before)
})
