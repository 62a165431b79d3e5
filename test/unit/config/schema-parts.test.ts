import { describe, expect, test } from 'vitest'
import type { z } from 'zod'
import { choice, count, flag, list, quote, section, sentence, share, text } from '../../../src/config/schema-parts.js'

function messageOf(schema: z.ZodType, value: unknown): string | undefined {
  return schema.safeParse(value).error?.issues[0]?.message
}

describe('parts of grammars take what fits and say what to write where it does not', () => {
  test.each([
    ['text', text('write a word'), 'x', 5, 'the number 5 where text belongs; write a word'],
    ['sentence', sentence(), 'Ask us.', 'a\nb', 'control characters or line ends; write one line of text'],
    ['sentence', sentence(), 'Ask us.', 'x'.repeat(301), 'longer than 300 characters; shorten it'],
    [
      'list',
      list(text('x'), 'a list of words', 'write [a]'),
      ['a'],
      'a',
      'the string "a" where a list of words belongs; write [a]',
    ],
    ['choice', choice(['a', 'b']), 'b', 'c', '"c" is not possible here; write a, b'],
    ['flag', flag(), false, 'no', '"no" is neither true nor false; write true or false'],
    ['count', count(1, 5), 5, 6, '6 is no number from 1 to 5; write a whole number without unit'],
    ['share', share(), 0.5, 2, '2 is no share; write a number from 0 (none) to 1 (all), such as 0.5'],
  ])('%s', (_, schema, good, bad, message) => {
    expect(schema.parse(good)).toEqual(good)
    expect(messageOf(schema, bad)).toBe(message)
  })

  test('a section may leave out any key and has no other', () => {
    const schema = section({ a: flag(), b: flag() })
    expect(schema.parse({ b: true })).toEqual({ b: true })
    expect(schema.safeParse({ c: true }).success).toBe(false)
  })

  test('what is quoted is never long', () => {
    expect(quote('x'.repeat(200))).toBe(`"${'x'.repeat(80)}…"`)
    expect([quote(3), quote(null), quote([]), quote({})]).toEqual(['3', 'nothing', 'a list', 'a map'])
  })
})
