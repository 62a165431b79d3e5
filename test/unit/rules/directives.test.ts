import { describe, expect, test } from 'vitest'
import { parseDirectives } from '../../../src/rules/directives.js'

const HOUR = 3_600_000

describe('parseDirectives', () => {
  test('reads the head of an adblock list', () => {
    const text =
      '\uFEFF[Adblock Plus 2.0]\r\n! Title: EasyList\r\n! Homepage: https://easylist.to/\r\n! Expires: 4 days (update frequency)\r\n||a.test^\r\n'
    expect(parseDirectives(text)).toEqual({
      title: 'EasyList',
      homepage: 'https://easylist.to/',
      expiresMs: 4 * 24 * HOUR,
    })
  })

  test.each([
    ['12 hours', 12 * HOUR],
    ['6h', 6 * HOUR],
    ['1 day', 24 * HOUR],
    ['3', 72 * HOUR],
    ['2 Days', 48 * HOUR],
    ['0 days', undefined],
    ['soon', undefined],
  ])('Expires: %s', (value, ms) => {
    expect(parseDirectives(`! Expires: ${value}`).expiresMs).toBe(ms)
  })

  test('reads them behind # and ; too, the first of each', () => {
    expect(parseDirectives('# Title: Hosts\n; expires: 1h\n# Title: other')).toEqual({
      title: 'Hosts',
      expiresMs: HOUR,
    })
  })

  test('makes no directive of a rule, of a sentence, or of what stands far down', () => {
    expect(parseDirectives('title: x\n! this list expires: never\nblock a.test # Title: x')).toEqual({})
    expect(parseDirectives(`${'! filler\n'.repeat(2_000)}! Title: late`)).toEqual({})
  })

  test('nothing in a title moves the cursor of a terminal', () => {
    expect(parseDirectives('! Title: a\x1b[2Jb').title).toBe('a [2Jb')
  })
})
