import fc from 'fast-check'
import { expect, test } from 'vitest'
import { requiredLiteral } from '../../../src/rules/required-literal.js'

const numRuns = Number(process.env.FUZZ_RUNS ?? 100)

test.each([
  ['^ads?[0-9]+\\.', 'ad'],
  ['(ads|track)12[a-z]*\\.com', '.com'],
  ['ADS', 'ads'],
  ['ab+c', 'ab'],
  ['abc*', 'ab'],
  ['abc{2}d', 'ab'],
  ['a|bcd', ''],
  ['(a|b)cd', 'cd'],
  ['(?i)ads', 'ads'],
  ['[]abc]de', 'de'],
  ['[^]abc]de', 'de'],
  ['[[:alpha:]]de', 'de'],
  ['[\\]abc]de', 'de'],
  ['a\\db', 'a'],
  ['\\x61dsads', ''],
  ['\\Qa|b\\E', ''],
  ['a.bc', 'bc'],
  ['', ''],
])('%s requires %j', (source, expected) => {
  expect(requiredLiteral(source)).toBe(expected)
})

test('whatever an expression matches contains what it requires', () => {
  const part = fc.constantFrom(
    'a',
    'b',
    'ab',
    '.',
    '\\.',
    '\\d',
    '*',
    '+',
    '?',
    '{2}',
    '{0,1}',
    '(',
    ')',
    '|',
    '[ab]',
    '[^a]',
    '[]b]',
    '^',
    '$',
    '\\b',
    '-',
  )
  const host = fc.array(fc.constantFrom('a', 'b', '.', '-', '1'), { maxLength: 12 }).map((letters) => letters.join(''))
  fc.assert(
    fc.property(fc.array(part, { maxLength: 8 }), fc.array(host, { maxLength: 20 }), (parts, hosts) => {
      const source = parts.join('').replace('[]b]', '[\\]b]')
      const regex = compiled(source)
      fc.pre(regex !== undefined)
      for (const text of hosts) if (regex?.test(text)) expect(text).toContain(requiredLiteral(source))
    }),
    { numRuns: numRuns * 10 },
  )
})

function compiled(source: string): RegExp | undefined {
  try {
    return new RegExp(source, 'i')
  } catch {
    return undefined
  }
}
