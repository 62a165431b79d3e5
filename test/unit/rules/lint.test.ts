import { describe, expect, test } from 'vitest'
import { compileRules } from '../../../src/compile-rules.js'
import { lintRules } from '../../../src/rules/lint.js'

const lint = (text: string) => lintRules([{ name: 't.rules', text }])
const short = (text: string) =>
  lint(text).map(({ line, column, severity, code }) => `${line}:${column} ${severity} ${code}`)
const codes = (text: string) => lint(text).map(({ line, code }) => `${line} ${code}`)

describe('lint', () => {
  test('finds nothing in a file in order', () => {
    expect(
      lint('# rules\nblock .a.example # why\nallow b.a.example\n0.0.0.0 c.example d.example\n||e.example^\n'),
    ).toEqual([])
  })

  test('finds lines that cannot be understood and names that are no hosts', () => {
    expect(short('block a.example\nblock b..c\nwhat is this\n0.0.0.0 d.example e..f\n  block [x')).toEqual([
      '2:7 error invalid-name',
      '3:1 error syntax',
      '4:19 error invalid-name',
      '5:9 error syntax',
    ])
  })

  test('in a list, where they are skipped, these are warnings', () => {
    expect(short('a.example\nb..c\nwhat is this')).toEqual(['2:1 warning invalid-name', '3:1 warning syntax'])
  })

  test('finds rules written twice, in whatever form', () => {
    expect(
      short('block .a.example\n||a.example^\nlocal-zone: "A.example." refuse\nblock {b,c}.x\nblock {c,b}.x'),
    ).toEqual(['2:1 warning duplicate', '3:1 warning duplicate', '5:1 warning duplicate'])
  })

  test('a duplicate names the first place, in another file too', () => {
    const findings = lintRules([
      { name: 'a.rules', text: 'block x.example\nblock x.example' },
      { name: 'b.rules', text: 'block x.example' },
    ])
    expect(findings.map(({ file, message }) => `${file} ${message}`)).toEqual([
      'a.rules the same rule as on line 1',
      'b.rules the same rule as at a.rules:1',
    ])
  })

  test.each([
    ['block a.example:80\nblock a.example'],
    ['block a.example\nblock .a.example\nblock *.a.example'],
    ['block 192.0.2.0/24\nblock 192.0.2.0/25'],
    ['block http://a.example/x\nblock a.example/x'],
    ['||a.example^$denyallow=b.a.example\n||a.example^'],
    ['block /a/\nblock a'],
  ])('%j are no duplicates', (text) => {
    expect(codes(text).filter((finding) => finding.endsWith('duplicate'))).toEqual([])
  })

  test('tells once how many rules an unknown modifier disables', () => {
    const findings = lint('||a.example^\n||b.example^$popup\n||c.example^$script')
    expect(findings).toMatchObject([
      { line: 2, severity: 'warning', code: 'unknown-modifier', message: expect.stringContaining('2 rules') },
    ])
  })

  test('finds defaults that contradict each other, and files without a rule', () => {
    const findings = lintRules([
      { name: 'a.rules', text: 'default block' },
      { name: 'b.rules', text: 'default allow' },
      { name: 'c.rules', text: '# nothing' },
      { name: 'd.txt', text: "'\n" },
    ])
    expect(findings.map(({ file, code, severity }) => `${file} ${code} ${severity}`)).toEqual([
      'b.rules default-conflict error',
      'c.rules empty error',
      'd.txt empty error',
      'd.txt invalid-name warning',
    ])
  })

  test.each<[string, 'allow' | undefined]>([
    ['||a.example^$badfilter', undefined],
    ['block a.example', 'allow'],
    ['default block', 'allow'],
  ])('finds a file without a rule that counts: %s, as %s', (text, action) => {
    const source = { name: 'f', text, ...(action && { action }) }
    expect(lintRules([source]).map(({ code }) => code)).toEqual(['empty'])
    expect(() => compileRules([source])).toThrow('it holds no rule')
  })

  test('includes are rules enough for a file', () => {
    expect(lint('include other.rules')).toEqual([])
    expect(lint('include:other')).toEqual([])
  })

  test('every finding says what to do', () => {
    for (const { fix } of lint('block a..b\nblock x\nblock x\n||y^$popup')) expect(fix).not.toBe('')
  })
})
