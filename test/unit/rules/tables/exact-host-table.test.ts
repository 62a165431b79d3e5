import { expect, test } from 'vitest'
import { createExactHostTable } from '../../../../src/rules/tables/exact-host-table.js'

const query = (host: string) => ({ host, port: 443, family: 0, path: undefined }) as const

test('a host has all of its rules, and only its own', () => {
  const table = createExactHostTable()
  for (const [id, port] of [0, 8080, 0].entries()) table.tryAdd({ kind: 'host', host: 'a.example', port }, id)
  table.tryAdd({ kind: 'host', host: 'b.example', port: 0 }, 3)
  const found: number[] = []
  table.collect(query('a.example'), found)
  table.collect(query('x.a.example'), found)
  expect(found).toEqual([0, 1, 2])
})

test('names of object properties are hosts like any other', () => {
  const table = createExactHostTable()
  const found: number[] = []
  table.collect(query('constructor'), found)
  expect(found).toEqual([])
})
