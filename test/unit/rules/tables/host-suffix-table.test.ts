import { describe, expect, test } from 'vitest'
import { createHostSuffixTable } from '../../../../src/rules/tables/host-suffix-table.js'

function matches(reach: 'all' | 'below' | 'child', host: string, family: 0 | 4 = 0): boolean {
  const table = createHostSuffixTable()
  table.tryAdd({ kind: 'suffix', suffix: 'example.com', reach, port: 0 }, 0)
  const found: number[] = []
  table.collect({ host, port: 443, family, path: undefined }, found)
  return found.length === 1
}

describe('host-suffix table', () => {
  test.each([
    ['example.com', true, false, false],
    ['ads.example.com', true, true, true],
    ['a.b.example.com', true, true, false],
    ['notexample.com', false, false, false],
    ['example.com.evil.test', false, false, false],
    ['com', false, false, false],
  ])('%s: .example.com %s, *.example.com %s, one label more %s', (host, all, below, child) => {
    expect([matches('all', host), matches('below', host), matches('child', host)]).toEqual([all, below, child])
  })

  test('an address has no suffixes', () => {
    expect(matches('all', 'example.com', 4)).toBe(false)
  })
})
