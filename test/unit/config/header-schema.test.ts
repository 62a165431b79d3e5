import { expect, test } from 'vitest'
import { headersSection } from '../../../src/config/header-schema.js'

test('names to keep and remove come out in lower case, names to set as they are written', () => {
  const written = {
    keep: ['X-Kept'],
    remove: ['X-Gone'],
    set: { 'X-Mine': 'a b' },
    perHost: [{ match: ['.example.com'], profile: 'strict' }],
  }
  expect(headersSection.parse(written)).toEqual({ ...written, keep: ['x-kept'], remove: ['x-gone'] })
})

test.each([
  [{ remove: ['Content-Length'] }, 'the proxy writes content-length itself; take it out'],
  [{ keep: ['a b'] }, '"a b" is no field name; write the name of a header field, such as X-Client-Id'],
  [{ set: { 'X-A': 'a\r\nb' } }, 'a field value cannot hold control characters'],
  [{ profile: 'loud' }, '"loud" is not possible here; write off, standard, strict, paranoid'],
  [{ perHost: [{ match: [] }] }, 'names no host; write at least one, such as .example.com'],
])('%j: %s', (written, message) => {
  expect(JSON.stringify(headersSection.safeParse(written).error?.issues)).toContain(
    JSON.stringify(message).slice(1, -1),
  )
})
