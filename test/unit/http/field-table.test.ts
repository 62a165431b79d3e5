import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  createFieldTable,
  DROP_HOP,
  DROP_IDENTITY,
  FIELD_CONNECTION,
  FIELD_CONTENT_LENGTH,
  FIELD_HOST,
  FIELD_KIND_MASK,
  FIELD_OTHER,
  FIELD_TRANSFER_ENCODING,
  FIELD_UPGRADE,
  type FieldTable,
  hashStep,
  NOT_IN_TRAILERS,
  UNTOUCHABLE,
} from '../../../src/http/field-table.js'
import { HEADER_CATALOG } from '../../../src/http/header-catalog.js'

const numRuns = Number(process.env.FUZZ_RUNS ?? 100)

describe('createFieldTable', () => {
  test.each([
    ['Host', FIELD_HOST],
    ['CONTENT-LENGTH', FIELD_CONTENT_LENGTH],
    ['transfer-encoding', FIELD_TRANSFER_ENCODING],
    ['Connection', FIELD_CONNECTION],
    ['upgrade', FIELD_UPGRADE],
    ['Content-Length-X', FIELD_OTHER],
    ['Content-Lengt', FIELD_OTHER],
    ['X-Host', FIELD_OTHER],
    ['__proto__', FIELD_OTHER],
    ['constructor', FIELD_OTHER],
  ])('knows %s in any case', (name, kind) => {
    expect(codeOf(createFieldTable([]), name) & FIELD_KIND_MASK).toBe(kind)
  })

  test.each([
    'connection',
    'proxy-connection',
    'keep-alive',
    'te',
    'upgrade',
    'proxy-authorization',
    'proxy-authenticate',
    'close',
  ])('says that %s belongs to this connection', (name) => {
    expect(codeOf(createFieldTable([]), name) & DROP_HOP).not.toBe(0)
  })

  test.each([
    'host',
    'content-length',
    'transfer-encoding',
    'content-type',
    'authorization',
    'set-cookie',
    'cache-control',
    'trailer',
  ])('says that %s has no place in a trailer', (name) => {
    expect(codeOf(createFieldTable([]), name) & NOT_IN_TRAILERS).not.toBe(0)
  })

  test('takes out the names it is given and what begins with a prefix', () => {
    const table = createFieldTable(['via', 'x-orange-*'])
    expect(isRemoved(table, 'VIA')).toBe(true)
    expect(isRemoved(table, 'x-Orange-Id')).toBe(true)
    expect(isRemoved(table, 'x-orange-')).toBe(true)
    expect(isRemoved(table, 'x-orange')).toBe(false)
    expect(isRemoved(table, 'via2')).toBe(false)
    expect(isRemoved(table, 'vi')).toBe(false)
  })

  test('takes out names with a meaning of their own by prefix too', () => {
    const table = createFieldTable(['x-*', 'proxy-*'])
    expect(isRemoved(table, 'X-Requested-With')).toBe(true)
    expect(codeOf(table, 'proxy-connection') & DROP_HOP).not.toBe(0)
  })

  test('spares a kept name from prefixes', () => {
    const table = createFieldTable(['x-*'], ['x-mine', 'x-requested-with'])
    expect(isRemoved(table, 'x-mine')).toBe(false)
    expect(isRemoved(table, 'x-requested-with')).toBe(false)
    expect(isRemoved(table, 'x-mine2')).toBe(true)
  })

  test.each([...UNTOUCHABLE])('never takes out %s', (name) => {
    expect(isRemoved(createFieldTable([name]), name)).toBe(false)
    expect(isRemoved(createFieldTable([`${name.slice(0, 3)}*`]), name)).toBe(false)
  })

  test('agrees with a plain list on every name', () => {
    const known = HEADER_CATALOG.map(({ name }) => name)
    const name = fc.oneof(
      fc.constantFrom(...known.map((row) => row.replace('*', 'x'))),
      fc.stringMatching(/^[a-z-]{1,12}$/),
    )
    fc.assert(
      fc.property(fc.subarray(known), fc.array(name, { maxLength: 3 }), name, (removed, kept, asked) => {
        const table = createFieldTable(removed, kept)
        const byPrefix = removed.some(
          (row) => row.endsWith('*') && asked.startsWith(row.slice(0, -1)) && !kept.includes(asked),
        )
        expect(isRemoved(table, asked)).toBe(removed.includes(asked) || byPrefix)
      }),
      { numRuns },
    )
  })
})

function codeOf(table: FieldTable, name: string): number {
  let hash = 0
  for (const c of name.toLowerCase()) hash = hashStep(hash, c.charCodeAt(0))
  return table.codeOf(`: ${name}:`, 2, 2 + name.length, hash)
}

function isRemoved(table: FieldTable, name: string): boolean {
  return (codeOf(table, name) & DROP_IDENTITY) !== 0
}
