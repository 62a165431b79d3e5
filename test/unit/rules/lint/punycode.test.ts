import { domainToASCII, domainToUnicode } from 'node:url'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { decodePunycode, toUnicodeHost } from '../../../../src/rules/lint/punycode.js'

describe('punycode', () => {
  test.each([
    ['xn--bcher-kva.example', 'b\u00fccher.example'],
    ['a.xn--fiqs8s', 'a.\u4e2d\u56fd'],
    ['plain.example', 'plain.example'],
  ])('%s is read as %s', (host, readable) => {
    expect(toUnicodeHost(host)).toBe(readable)
  })

  test('a label that is not encoded right stays as it is', () => {
    expect(decodePunycode('a_b!')).toBeUndefined()
    expect(decodePunycode('99999999')).toBeUndefined()
    expect(toUnicodeHost('xn--99999999.example')).toBe('xn--99999999.example')
  })

  test('reads every label that the platform writes', () => {
    const runs = Number(process.env.FUZZ_RUNS ?? 100)
    const letter = fc.constantFrom(...'abz09\u00e4\u00fc\u0430\u03b1\u4e2d\u56fd\u0645\u{20000}')
    fc.assert(
      fc.property(fc.array(letter, { minLength: 1, maxLength: 20 }), (letters) => {
        const ascii = domainToASCII(`${letters.join('')}.example`)
        fc.pre(ascii !== '')
        expect(toUnicodeHost(ascii)).toBe(domainToUnicode(ascii))
      }),
      { numRuns: runs },
    )
  })
})
