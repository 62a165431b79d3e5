import { describe, expect, test } from 'vitest'
import { lintRules } from '../../../../src/rules/lint.js'

const lint = (text: string) => lintRules([{ name: 't.rules', text }])
const codes = (text: string) => lint(text).map(({ line, code }) => `${line} ${code}`)

describe('likely mistakes', () => {
  test.each([
    ['block http://a.example/', ['1 scheme'], 'the front page alone'],
    ['block http://a.example', ['1 scheme'], 'a whole host over plain http alone'],
    ['block https://a.example/x', ['1 scheme'], 'what a tunnel hides'],
    ['block http://a.example/x', [], 'a path'],
    ['block a.example/', ['1 trailing-slash'], 'a slash behind a host'],
    ['block a.example/x/', [], 'a slash behind a path'],
    ['block *.a.example', ['1 no-apex'], 'subdomains alone'],
    ['block *.a.example\nblock a.example', [], 'subdomains and the name'],
    ['block *.a.b.example\nblock .b.example', ['1 shadowed'], 'subdomains under a wider rule'],
    ['block www.a.com', ['1 www-only'], 'www alone'],
    ['block www.a.com\nblock a.com', [], 'www and the name'],
    ['block www.b.a.com', [], 'www of no registered name'],
    ['block doubleclick', ['1 single-label'], 'a word'],
    ['block localhost', [], 'the one name without a dot that everybody has'],
    ['block -a.example', ['1 hyphen'], 'a label that starts with a hyphen'],
  ])('%j: %j (%s)', (text, expected) => {
    expect(codes(text)).toEqual(expected)
  })

  test('of a published list one finding says how many', () => {
    const findings = lint('*.a.example\n*.b.example\n*.c.example')
    expect(findings).toHaveLength(1)
    expect(findings[0]).toMatchObject({ line: 1, code: 'no-apex', message: expect.stringContaining('first of 3') })
    expect(findings[0]?.fix).toContain('--scope suffix')
  })
})
