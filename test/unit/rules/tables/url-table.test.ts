import { describe, expect, test } from 'vitest'
import { parsePattern } from '../../../../src/rules/pattern.js'
import { createUrlTable } from '../../../../src/rules/tables/url-table.js'

function matches(texts: readonly string[], host: string, path: string | undefined, family: 0 | 4 = 0): number[] {
  const table = createUrlTable()
  for (const [id, text] of texts.entries()) {
    const pattern = parsePattern(text)
    if (pattern.kind === 'problem' || !table.tryAdd(pattern, id)) throw new Error(`no URL pattern: ${text}`)
  }
  const found: number[] = []
  table.collect({ host, port: 80, family, path }, found)
  return found
}

describe('url table', () => {
  test('host and path both decide', () => {
    const rules = ['http://a.example/x/**', 'http://*.example/y', 'http://a*.example/**', 'http://192.0.2.0/z']
    expect(matches(rules, 'a.example', '/x/1')).toEqual([0, 2])
    expect(matches(rules, 'b.example', '/y')).toEqual([1])
    expect(matches(rules, '192.0.2.0', '/z', 4)).toEqual([3])
    expect(matches(rules, 'c.test', '/x/1')).toEqual([])
  })

  test('says nothing about a tunnel, whose path is not seen', () => {
    expect(matches(['http://a.example'], 'a.example', undefined)).toEqual([])
    expect(matches(['http://a.example'], 'a.example', '/')).toEqual([0])
  })

  test('a path cannot be disguised by escapes or dot segments', () => {
    expect(matches(['http://a.example/banner/**'], 'a.example', '/x/../%62anner/1')).toEqual([0])
  })
})
