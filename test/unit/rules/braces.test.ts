import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { branchCount, expandBraces } from '../../../src/rules/braces.js'

const numRuns = Number(process.env.FUZZ_RUNS ?? 100)

describe('braces', () => {
  test.each([
    ['a', ['a']],
    ['a{b,c}d', ['abd', 'acd']],
    ['{a,b}{c,d}', ['ac', 'ad', 'bc', 'bd']],
    ['a{b,{c,d}e}', ['ab', 'ace', 'ade']],
    ['{,*.}x', ['x', '*.x']],
    ['{a}', ['a']],
    ['a,b', ['a,b']],
  ])('%s stands for %j', (text, expected) => {
    expect(expandBraces(text)).toEqual(expected)
    expect(branchCount(text)).toBe(expected.length)
  })

  test.each([
    ['a{b', 1, 'without its `}`'],
    ['a}b', 1, 'without its `{`'],
    ['x{1..9}', 1, 'ranges'],
    ['{a,{b}', 0, 'without its `}`'],
  ])('%s is refused at offset %i', (text, at, message) => {
    expect(branchCount(text)).toMatchObject({ at, message: expect.stringContaining(message) })
  })

  test('counts without building what it counts', () => {
    expect(branchCount('{a,b}'.repeat(50))).toBe(2 ** 50)
  })

  test('counts as many branches as it expands to', () => {
    const text = fc.letrec<{ text: string }>((tie) => ({
      text: fc.oneof(
        { maxDepth: 3 },
        fc.constantFrom('a', 'b.c', ''),
        fc.array(tie('text'), { minLength: 1, maxLength: 3 }).map((parts) => `{${parts.join(',')}}`),
        fc.tuple(tie('text'), tie('text')).map(([a, b]) => a + b),
      ),
    })).text
    fc.assert(
      fc.property(text, (braces) => {
        const count = branchCount(braces)
        fc.pre(typeof count === 'number' && count <= 500)
        expect(expandBraces(braces)).toHaveLength(Number(count))
      }),
      { numRuns },
    )
  })
})
