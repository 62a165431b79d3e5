import { describe, expect, test } from 'vitest'
import { nativePattern } from '../../../src/import/host-regex.js'
import type { Imported, ImportedRule } from '../../../src/import/imported.js'
import { printRules } from '../../../src/import/print-rules.js'
import { lintRules } from '../../../src/rules/lint.js'

function rule(text: string, more: Partial<ImportedRule> = {}): ImportedRule {
  const read = nativePattern(text)
  if (!('pattern' in read)) throw new Error(text)
  return { file: 'a.conf', line: 1, level: 'block', pattern: read.pattern, text, ...more }
}

const imported = (more: Partial<Imported>): Imported => ({ rules: [], lists: [], skipped: [], ...more })

describe('printRules', () => {
  test('groups rules by their file, each once, with reasons', () => {
    const rules = [
      rule('.a.example', { reason: 'why\n  so' }),
      rule('b.example', { file: 'b.conf', level: 'allow!' }),
      rule('c.example'),
      rule('.a.example', { file: 'b.conf' }),
    ]
    expect(printRules(imported({ rules, defaultAction: 'block' }), 'squid')).toEqual({
      text: [
        '# imported from squid by veilgate import',
        '',
        'default block',
        '',
        '# from a.conf',
        'block .a.example # why so',
        'block c.example',
        '',
        '# from b.conf',
        'allow! b.example',
        '',
      ].join('\n'),
      blocks: 2,
      allows: 1,
      skipped: [],
    })
  })

  test('is empty where there is nothing to say, and `default block` alone is something', () => {
    const lists = [{ url: 'https://lists.example/a.txt', action: 'block' as const }]
    expect(printRules(imported({ defaultAction: 'allow', lists }), 'squid').text).toBe('')
    expect(printRules(imported({ defaultAction: 'block' }), 'squid').text).toContain('default block\n')
  })

  test('names lists as the configuration takes them, no two alike', () => {
    const lists = [
      { url: 'https://lists.example/ads.txt?x', action: 'block' as const },
      { url: 'https://other.example/ads.txt', action: 'allow' as const },
      { url: 'https://lists.example/', action: 'block' as const, title: 'Größe & Co' },
    ]
    const { text } = printRules(imported({ rules: [rule('a.example')], lists }), 'pihole')
    expect(text).toContain(
      [
        '# rules:',
        '#   lists:',
        '#     ads-txt: { url: "https://lists.example/ads.txt?x" }',
        '#     ads-txt-2: { url: "https://other.example/ads.txt", action: allow }',
        '#     gr-e-co: { url: "https://lists.example/" }',
      ].join('\n'),
    )
  })

  test('a reason that would change what the line says is left out', () => {
    const pattern = { kind: 'regex', source: 'ads' } as const
    const { text } = printRules(imported({ rules: [rule('x', { pattern, reason: 'see http://why.example/' })] }), 'x')
    expect(text).toContain('\nblock /ads/\n')
  })

  test('a rule for a whole public suffix says where it was written, so that lint takes it as meant', () => {
    const { text } = printRules(imported({ rules: [rule('.co.uk', { line: 7 })] }), 'squid')
    expect(text).toContain('block .co.uk # as in a.conf:7\n')
    for (const reason of ['', ' ', '# #']) {
      const printed = printRules(imported({ rules: [rule('.co.uk', { line: 7, reason })] }), 'squid')
      expect(printed.text).toBe(text)
    }
    expect(lintRules([{ name: 'f', text }]).filter(({ severity }) => severity === 'error')).toEqual([])
  })

  test('a rule that has no native form is skipped', () => {
    const pattern = { kind: 'address', cidr: { family: 4, address: '192.0.2.0', prefix: 24 }, port: 80 } as const
    expect(printRules(imported({ rules: [rule('x', { pattern, text: 'as written' })] }), 'squid')).toMatchObject({
      text: '',
      skipped: [{ file: 'a.conf', line: 1, text: 'as written' }],
    })
  })

  test('names of files and lists cannot end a comment', () => {
    const { text } = printRules(imported({ rules: [rule('a.example', { file: 'x\nallow .evil.example' })] }), 'hosts')
    expect(text.split('\n').filter((line) => line.startsWith('allow'))).toEqual([])
  })
})
