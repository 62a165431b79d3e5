import { describe, expect, test } from 'vitest'
import { isDomainList, readDirectives, unquoted } from '../../../../src/import/squid/directives.js'
import { fileOf, findIn } from '../../../helpers/imported-rules.js'

describe('readDirectives', () => {
  test('joins continued lines, keeps quoted words together and leaves out comments', () => {
    const file = fileOf(
      'squid.conf',
      '# comment',
      'acl a dstdomain .x \\',
      '  .y # why',
      'acl b dstdomain "a file"',
      '',
    )
    expect(readDirectives(file, findIn()).map(({ line, name, words }) => [line, name, ...words])).toEqual([
      [2, 'acl', 'a', 'dstdomain', '.x', '.y'],
      [4, 'acl', 'b', 'dstdomain', '"a file"'],
    ])
  })

  test('an include with wildcards names several files', () => {
    const find = findIn(fileOf('conf.d/a', 'via off'), fileOf('conf.d/b', 'via on'))
    const directives = readDirectives(fileOf('squid.conf', 'include conf.d/*'), find)
    expect(directives.map(({ text }) => text)).toEqual(['via off', 'via on'])
  })

  test('follows includes in their place; those that are not there stay', () => {
    const file = fileOf('squid.conf', 'include conf.d/a.conf', 'include "gone.conf"', 'via off')
    const other = fileOf('conf.d/a.conf', 'http_port 3128', 'include conf.d/a.conf')
    expect(readDirectives(file, findIn(other)).map((one) => `${one.file}:${one.line} ${one.name}`)).toEqual([
      'conf.d/a.conf:1 http_port',
      'squid.conf:2 include',
      'squid.conf:3 via',
    ])
  })
})

test.each([
  ['.a.example\n# comment\nb.example # why\n', true],
  ['acl a dstdomain .a\n', false],
  ['# nothing\n', false],
])('%j is a list of domains: %s', (text, expected) => {
  expect(isDomainList({ name: 'f', text })).toBe(expected)
})

test('unquoted takes quotes off', () => {
  expect([unquoted('"a b"'), unquoted('a')]).toEqual(['a b', 'a'])
})
