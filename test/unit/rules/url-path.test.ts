import { describe, expect, test } from 'vitest'
import { canonicalPath, canonicalPathPattern, compilePath, escapePath } from '../../../src/rules/url-path.js'

describe('canonicalPath', () => {
  test.each([
    ['/a/b?c=d', '/a/b?c=d'],
    ['/%62anner/%7Ex', '/banner/~x'],
    ['/a%2fb%c3', '/a%2Fb%C3'],
    ['/x/../banner/./y', '/banner/y'],
    ['/../../a', '/a'],
    ['/a/..', '/'],
    ['/a/.', '/a/'],
    ['/%2e%2e/a', '/a'],
    ['/a/.hidden', '/a/.hidden'],
    ['/a?b=/../c', '/a?b=/../c'],
    ['/a/../b?c=/..', '/b?c=/..'],
  ])('%s is read as %s', (path, expected) => {
    expect(canonicalPath(path)).toBe(expected)
  })

  test('a person may write what a URL cannot hold', () => {
    expect(escapePath('/bü cher')).toBe('/b%C3%BC%20cher')
    expect(canonicalPathPattern('/bü*/%61**')).toBe('/b%C3%BC*/a**')
    expect(escapePath('/half \ud800')).toBe('/half%20%EF%BF%BD')
  })
})

describe('compilePath', () => {
  test.each([
    ['**', false, '/anything?x', true],
    ['/**', false, '/', true],
    ['/banner/**', false, '/banner/a/b', true],
    ['/banner/**', false, '/banner/', true],
    ['/banner/**', false, '/banner', false],
    ['/banner/**', false, '/banners/a', false],
    ['/ad', false, '/ad', true],
    ['/ad', false, '/ad?x=1', true],
    ['/ad', false, '/ad/x', false],
    ['/ad', false, '/AD', false],
    ['/ad', true, '/ad/x', true],
    ['/ad', true, '/ad?x', true],
    ['/ad', true, '/ads', false],
    ['/ad/', true, '/ad/x/y', true],
    ['/*.gif', false, '/a.gif', true],
    ['/*.gif', false, '/a/b.gif', false],
    ['/*.gif', false, '/a.gif?x=1', true],
    ['/**/*.gif', false, '/a/b/c.gif', true],
    ['/*/ads', true, '/x/ads/y', true],
    ['/a?b=*', false, '/a?b=c', true],
    ['/a?b=c', false, '/a?b=c&d', false],
    ['/x.[gp]if', false, '/x.gif', true],
    ['/x.[gp]if', false, '/xagif', false],
    ['/a(b)+$', false, '/a(b)+$', true],
  ] as const)('%s (below: %s) says of %s: %s', (pattern, below, path, expected) => {
    expect(compilePath(pattern, below)(path)).toBe(expected)
  })
})
