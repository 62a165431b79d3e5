import { expect, test } from 'vitest'
import { isListRecord, NO_RECORD } from '../../../src/subscriptions/list-record.js'

const copy = {
  sha256: 'a'.repeat(64),
  publishedSha256: 'b'.repeat(64),
  bytes: 10,
  etag: '"x"',
  lastModified: '',
  fetchedAt: 1,
  checkedAt: 2,
  expiresMs: null,
}

test.each([
  [NO_RECORD],
  [{}],
  [{ copy }],
  [{ copy: { ...copy, expiresMs: 5 }, lastError: { at: 1, message: 'x' } }],
  [JSON.parse(JSON.stringify({ copy, lastError: undefined }))],
])('is one: %j', (value) => {
  expect(isListRecord(value)).toBe(true)
})

test.each([
  [null],
  [[]],
  ['x'],
  [{ copy: null }],
  [{ copy: { ...copy, sha256: '../../etc/passwd' } }],
  [{ copy: { ...copy, publishedSha256: undefined } }],
  [{ copy: { ...copy, bytes: '10' } }],
  [{ copy: { ...copy, checkedAt: Number.NaN } }],
  [{ copy: { ...copy, etag: 5 } }],
  [{ lastError: 'x' }],
  [{ lastError: { at: 'now', message: 'x' } }],
])('is none: %j', (value) => {
  expect(isListRecord(value)).toBe(false)
})
