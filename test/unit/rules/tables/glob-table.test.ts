import { describe, expect, test } from 'vitest'
import { compileGlob, createGlobTable } from '../../../../src/rules/tables/glob-table.js'

function tableOf(globs: readonly string[]) {
  const table = createGlobTable()
  for (const [id, glob] of globs.entries()) table.tryAdd({ kind: 'glob', glob, port: 0 }, id)
  return (host: string) => {
    const found: number[] = []
    table.collect({ host, port: 443, family: 0, path: undefined }, found)
    return found
  }
}

describe('glob table', () => {
  test.each([
    ['ad*.example.com', 'ads.b.example.com', true],
    ['ad*.example.com', 'bad.example.com', false],
    ['ad*.example.com', 'ads.example.com.test', false],
    ['a?.example', 'ab.example', true],
    ['a?.example', 'abc.example', false],
    ['[a-c]d*', 'bd.example', true],
    ['[!a-c]d*', 'bd.example', false],
    ['[^a-c]d*', 'xd.example', true],
    ['*', 'anything', true],
    ['*a*a*a*a*b', 'a.a.a.a.xb', true],
    ['*a*a*a*a*b', 'a.a.a.b', false],
    ['192.168.*', '192.168.1.1', true],
    ['2001:db8:*', '2001:db8::1', true],
    ['x.*', 'x.', true],
  ])('%s on %s: %s', (glob, host, expected) => {
    expect(tableOf([glob])(host)).toEqual(expected ? [0] : [])
    expect(compileGlob(glob)(host)).toBe(expected)
  })

  test('finds one of many that differ in a number', () => {
    const matches = tableOf(Array.from({ length: 2000 }, (_, i) => `ad*.site${i}.example.com`))
    expect(matches('ads.site1234.example.com')).toEqual([1234])
    expect(matches('ads.site2000.example.com')).toEqual([])
  })

  test('finds a glob once however often its literal stands in the host', () => {
    expect(tableOf(['*adad*'])('adadadad.adad')).toEqual([0])
  })

  test('a glob of many stars and a host made to stall it take steps in proportion', () => {
    // backtracking over ten stars would not come back; a test that ends is a test passed
    expect(compileGlob(`${'*a'.repeat(10)}*b`)('a'.repeat(250))).toBe(false)
  })

  test('braces reach nobody who expands them: they are read before, and deep nesting costs no stack', () => {
    expect(compileGlob('{a,b}.example')('{a,b}.example')).toBe(true)
    expect(compileGlob('{a,b}.example')('a.example')).toBe(false)
    const deep = `${'{'.repeat(4_000)}a${'}'.repeat(4_000)}`
    expect(compileGlob(deep)(deep)).toBe(true)
  })
})
