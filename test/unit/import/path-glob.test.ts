import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { compileRules } from '../../../src/compile-rules.js'
import { pathGlob, pathGlobAnywhere } from '../../../src/import/path-glob.js'
import { parsePattern } from '../../../src/rules/pattern.js'

describe('pathGlob', () => {
  test.each([
    ['/ads/', '/ads/**'],
    ['/ads/banner\\.gif', '/ads/banner.gif**'],
    ['/ads/banner\\.gif$', '/ads/banner.gif'],
    ['/.*\\.gif$', '/**.gif'],
    ['/.*', '/**'],
    ['/a.c', '/a?c**'],
    ['/a.+c', '/a?**c**'],
    ['/a.?c', '/a{?,}c**'],
    ['/[^/]*/x', '/*/x**'],
    ['/[^/]+/x', '/?*/x**'],
    ['/ads?/', '/ad{s,}/**'],
    ['/(.*/)?ad', '/{**/,}ad**'],
    ['/(gif|jpe?g)$', '/{gif,jp{e,}g}'],
    ['/(?:a|b)', '/{a,b}**'],
    ['/(ad)', '/ad**'],
    ['/[a-c]x', '/[a-c]x**'],
    ['/\\d', '/[0-9]**'],
    ['/x\\?y=', '/x?y=**'],
    ['/a|/b', '{/a,/b}**'],
  ])('%s → %s', (source, expected) => {
    expect(pathGlob(source)).toBe(expected)
  })

  test.each([
    '/a+',
    '/[0-9]*',
    '/a{2}',
    '/(a|b)*',
    '/(?!a)',
    '/(?<=a)b',
    '/a(',
    '/[a',
    '/\\w',
    '/a)b',
    '/x[!]',
    '/a,b',
    '/$a',
  ])('%s has no glob', (source) => {
    expect(pathGlob(source)).toBeUndefined()
  })

  // A glob matches what its expression matches, but for `.` that is a slash and an escaped `?` that is not.
  test('matches the same paths as the expression, case aside', () => {
    const part = fc.constantFrom('a', 'b', '/', 'a\\.', '.*', '[^/]*', '(a|b)', '(.*/)?', 'a?', '[ab]', '(?:ab|b)?')
    const source = fc
      .array(part, { maxLength: 6 })
      .chain((parts) => fc.constantFrom('', '$').map((end) => `/${parts.join('')}${end}`))
    const path = fc.array(fc.constantFrom('a', 'b', '/', 'a.'), { maxLength: 7 }).map((chars) => `/${chars.join('')}`)
    fc.assert(
      fc.property(source, fc.array(path, { minLength: 5 }), (expression, paths) => {
        const glob = pathGlob(expression)
        if (glob === undefined) return
        if (parsePattern(`http://h${glob}`).kind === 'problem') return
        const set = compileRules([{ name: 'f', text: `block http://h${glob}` }])
        for (const one of paths)
          expect(set.decide(`http://h${one}`).action === 'block').toBe(new RegExp(`^(?:${expression})`).test(one))
      }),
      { numRuns: Number(process.env.FUZZ_RUNS ?? 100) * 10 },
    )
  })
})

describe('pathGlobAnywhere', () => {
  test.each([
    ['\\.exe$', '/**.exe'],
    ['^/ads', '/ads**'],
    ['/ads/', '/{**/,}ads/**'],
    ['(a|b)x', '/**{a,b}x**'],
    ['a|b', undefined],
    ['^ads', undefined],
  ])('%s → %s', (source, expected) => {
    expect(pathGlobAnywhere(source)).toBe(expected)
  })
})
