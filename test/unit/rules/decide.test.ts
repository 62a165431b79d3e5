import { describe, expect, test } from 'vitest'
import { actionOf, isExcepted, isSameLine, levelOf, outranks, portOf, strengthOf } from '../../../src/rules/decide.js'
import { type Pattern, parsePattern } from '../../../src/rules/pattern.js'

function pattern(text: string): Pattern {
  if (text.startsWith('/')) return { kind: 'regex', source: text.slice(1, -1) }
  const parsed = parsePattern(text)
  if (parsed.kind === 'problem') throw new Error(parsed.message)
  return parsed
}

describe('strength', () => {
  test('follows the specificity of the contract within every level, and never crosses a level', () => {
    const lessAndLess = [
      'a.example:80',
      'a.example',
      'http://a.example/x',
      '192.0.2.1',
      '192.0.2.0/24',
      '192.0.0.0/8:',
      '.a.b.example',
      '.example:80',
      '*.example',
      'a*.example:80',
      'a*.example',
      '/a/',
    ].map((text) => pattern(text.replace(/:$/, '')))
    const levels = [
      ['allow', true],
      ['block', true],
      ['allow', false],
      ['block', false],
    ] as const
    const strengths = levels.flatMap(([action, important]) => lessAndLess.map((p) => strengthOf(action, important, p)))
    expect(strengths).toEqual(strengths.toSorted((a, b) => b - a))
    expect(new Set(strengths).size).toBe(strengths.length)
  })

  test('the widest suffix is still below the shortest prefix, the longest prefix below one address', () => {
    const longest = pattern(`.${'a'.repeat(60)}.${'b'.repeat(63)}.${'c'.repeat(63)}.${'d'.repeat(63)}`)
    expect(strengthOf('block', false, longest)).toBeLessThan(strengthOf('block', false, pattern('0.0.0.0/0')))
    expect(strengthOf('block', false, pattern('2001:db8::/127'))).toBeLessThan(
      strengthOf('block', false, pattern('2001:db8::1')),
    )
  })

  test.each([
    ['allow', true, 'allow!'],
    ['block', true, 'block!'],
    ['allow', false, 'allow'],
    ['block', false, 'block'],
  ] as const)('%s, important %s, is the level %s', (action, important, level) => {
    expect(levelOf(strengthOf(action, important, pattern('a.example:80')))).toBe(level)
    expect(levelOf(strengthOf(action, important, pattern('/a/')))).toBe(level)
    expect(actionOf(level, 'block')).toBe(action)
  })
})

test('levels outrank each other in the order of the contract', () => {
  const levels = ['default', 'block', 'allow', 'block!', 'allow!'] as const
  for (const [i, level] of levels.entries()) {
    for (const [j, other] of levels.entries()) expect(outranks(level, other)).toBe(i > j)
  }
  expect([actionOf('default', 'block'), actionOf('default', 'allow')]).toEqual(['block', 'allow'])
})

test('the port of a URL rule is that of its host', () => {
  expect(['a.example', 'a.example:81', 'http://a.example:82/x', '/a/'].map((text) => portOf(pattern(text)))).toEqual([
    0, 81, 82, 0,
  ])
})

test('denyallow leaves a host and its subdomains alone', () => {
  const except = ['b.example', 'free.*', '192.0.2.1']
  expect(
    ['b.example', 'x.b.example', 'a.free.test', 'free.test', '192.0.2.1'].every((host) => isExcepted(host, except)),
  ).toBe(true)
  expect(['ab.example', 'unfree.test', '192.0.2.11'].some((host) => isExcepted(host, except))).toBe(false)
})

test('matches of one line are one match, of two levels two', () => {
  const match = { action: 'block', level: 'block', list: 'a', line: 1, text: '', reason: undefined } as const
  expect(isSameLine(match, { ...match })).toBe(true)
  expect(isSameLine(match, { ...match, line: 2 })).toBe(false)
  expect(isSameLine(match, { ...match, list: 'b' })).toBe(false)
  expect(isSameLine(undefined, match)).toBe(false)
})
