import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  createFieldTable,
  DROP_HOP,
  FIELD_CONNECTION,
  FIELD_CONTENT_LENGTH,
  FIELD_ENTRY_SHIFT,
  FIELD_HOST,
  FIELD_KIND_MASK,
  FIELD_OTHER,
  FIELD_TRANSFER_ENCODING,
  FIELD_UPGRADE,
  type FieldTable,
  hashStep,
  NOT_IN_TRAILERS,
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
    expect(codeOf(createFieldTable(), name) & FIELD_KIND_MASK).toBe(kind)
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
    expect(codeOf(createFieldTable(), name) & DROP_HOP).not.toBe(0)
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
    expect(codeOf(createFieldTable(), name) & NOT_IN_TRAILERS).not.toBe(0)
  })

  test('finds the entry of a name in any case, and that of a prefix for what begins with it', () => {
    const table = createFieldTable(['via', 'x-orange-*'])
    expect(entryOf(table, 'VIA')).toBe('via')
    expect(entryOf(table, 'x-Orange-Id')).toBe('x-orange-*')
    expect(entryOf(table, 'x-orange-')).toBe('x-orange-*')
    for (const name of ['x-orange', 'via2', 'vi', 'x-orang-a']) expect(entryOf(table, name)).toBe('')
  })

  test('prefers a name to a prefix, and the longest prefix to a shorter one', () => {
    const table = createFieldTable(['x-*', 'x-a-*', 'x-a-b'])
    expect(['x-a-b', 'x-a-c', 'x-b', 'y-a'].map((name) => entryOf(table, name))).toEqual(['x-a-b', 'x-a-*', 'x-*', ''])
    expect(entryOf(table, 'X-Requested-With')).toBe('x-requested-with')
  })

  test('files every name under an empty prefix where there is one', () => {
    expect(entryOf(createFieldTable(['*']), 'anything')).toBe('*')
    expect(entryOf(createFieldTable(['*']), 'host')).toBe('host')
  })

  test('keeps what a name means beside its entry', () => {
    const table = createFieldTable(['proxy-*', 'host'])
    expect(codeOf(table, 'proxy-connection') & DROP_HOP).not.toBe(0)
    expect(codeOf(table, 'Host') & FIELD_KIND_MASK).toBe(FIELD_HOST)
  })

  test('agrees with a plain search on every name', () => {
    const known = HEADER_CATALOG.map(({ name }) => name)
    const short = fc.stringMatching(/^[a-c-]{1,5}\*?$/)
    const listed = fc.array(fc.oneof(fc.constantFrom(...known), short), { maxLength: 20 })
    const name = fc.oneof(
      fc.constantFrom(...known.map((row) => row.replace('*', 'x'))),
      fc.stringMatching(/^[a-c-]{1,8}$/),
    )
    fc.assert(
      fc.property(listed, name, (names, asked) => {
        const table = createFieldTable(names)
        const covering = table.names.filter((row) =>
          row.endsWith('*') ? asked.startsWith(row.slice(0, -1)) : row === asked,
        )
        const exact = covering.find((row) => row === asked && !row.endsWith('*'))
        expect(entryOf(table, asked)).toBe(exact ?? covering.sort((a, b) => b.length - a.length)[0] ?? '')
      }),
      { numRuns },
    )
  })
})

function entryOf(table: FieldTable, name: string): string | undefined {
  return table.names[codeOf(table, name) >>> FIELD_ENTRY_SHIFT]
}

function codeOf(table: FieldTable, name: string): number {
  let hash = 0
  for (const c of name.toLowerCase()) hash = hashStep(hash, c.charCodeAt(0))
  return table.codeOf(`: ${name}:`, 2, 2 + name.length, hash)
}
