import { expect, test } from 'vitest'
import { parseCidr } from '../../../../src/http/cidr.js'
import { createAddressTable } from '../../../../src/rules/tables/address-table.js'

test('matches literals in a query and addresses that DNS answered, never names', () => {
  const table = createAddressTable()
  const cidr = parseCidr('192.0.2.0/24')
  expect(cidr !== undefined && table.tryAdd({ kind: 'address', cidr, port: 0 }, 7)).toBe(true)
  expect(table.size).toBe(1)
  const found: number[] = []
  table.collect({ host: '192.0.2.9', port: 80, family: 4, path: undefined }, found)
  table.collectAddress('192.0.2.10', found)
  table.collectAddress('192.0.3.10', found)
  table.collect({ host: 'a.example', port: 80, family: 0, path: undefined }, found)
  expect(found).toEqual([7, 7])
})
