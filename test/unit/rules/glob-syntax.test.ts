import { describe, expect, test } from 'vitest'
import { globToRegex, hasWildcard, syntaxOfGlob, tokenizeGlob } from '../../../src/rules/glob-syntax.js'

describe('glob syntax', () => {
  test('knows a literal from a pattern', () => {
    expect(hasWildcard('a-b_c.example')).toBe(false)
    for (const glob of ['a*', 'a?', '[ab]', 'a{b,c}', 'a(b)', 'a\\b']) expect(hasWildcard(glob)).toBe(true)
  })

  test('splits a glob into what matches', () => {
    expect(tokenizeGlob('ad?[a-c].*x**[!d]')).toEqual([
      { kind: 'literal', text: 'ad' },
      { kind: 'one' },
      { kind: 'class', negated: false, body: 'a-c' },
      { kind: 'literal', text: '.' },
      { kind: 'star' },
      { kind: 'literal', text: 'x' },
      { kind: 'globstar' },
      { kind: 'class', negated: true, body: 'd' },
    ])
  })

  test.each([
    ['a+(b|c)', 1, 'extended globs'],
    ['!(a)b', 0, 'extended globs'],
    ['a\\*b', 1, 'no escapes'],
    ['a[bc', 1, 'without its `]`'],
    ['ab]c', 2, 'without its `[`'],
    ['a[]b', 1, 'no class'],
    ['a[!]b', 1, 'no class'],
    ['a[z-a]', 1, 'backwards'],
    ['a[b/c]', 1, 'no class'],
  ])('refuses %s at offset %i', (glob, at, message) => {
    expect(syntaxOfGlob(glob)).toMatchObject({
      at,
      message: expect.stringContaining(message),
      fix: expect.stringMatching(/./),
    })
  })

  test.each(['a*', '[abc]d', '[!a-z]x', '[a-c0-9_-]x', '[-a]x', '?'])('finds nothing wrong with %s', (glob) => {
    expect(syntaxOfGlob(glob)).toBeUndefined()
  })

  test('a class keeps a `-` at its ends as itself', () => {
    const regex = new RegExp(`^${globToRegex('[-a][b-]')}$`)
    expect(['-b', 'a-', '.b', '0-'].filter((text) => regex.test(text))).toEqual(['-b', 'a-'])
  })

  test('`*` stays within a path segment, `**` does not', () => {
    const one = new RegExp(`^${globToRegex('/a/*')}$`)
    const all = new RegExp(`^${globToRegex('/a/**')}$`)
    expect([one.test('/a/b'), one.test('/a/b/c'), all.test('/a/b/c')]).toEqual([true, false, true])
  })
})
