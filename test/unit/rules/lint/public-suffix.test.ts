import { describe, expect, test } from 'vitest'
import { lintRules } from '../../../../src/rules/lint.js'

const lint = (text: string) => lintRules([{ name: 't.rules', text }])
const short = (text: string) =>
  lint(text).map(({ line, column, severity, code }) => `${line}:${column} ${severity} ${code}`)

describe('public suffixes', () => {
  test.each([
    ['block .co.uk', ['1:1 error public-suffix']],
    ['block *.com', ['1:1 error public-suffix']],
    ['||top^', ['1:1 warning public-suffix']],
    ['block .github.io', ['1:1 warning public-suffix']],
    ['block .zip # nothing of use here\nblock .github.io # all of them', []],
    ['block co.uk\nblock .example.co.uk\nblock .test\nblock .onion', []],
  ])('%j covers a public suffix: %j', (text, expected) => {
    expect(short(text)).toEqual(expected)
  })
})
