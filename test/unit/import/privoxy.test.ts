import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { compileRules } from '../../../src/compile-rules.js'
import { importPrivoxy } from '../../../src/import/privoxy.js'
import { fileOf, ruleLines, skippedLines } from '../../helpers/imported-rules.js'

describe('importPrivoxy', () => {
  test('the last section that matches wins, also over files', () => {
    const imported = importPrivoxy([
      fileOf('default.action', '{+block{Ads.}}', '.ads.example', '{-block}', 'good.ads.example'),
      fileOf('user.action', '{+block{Mine.}}', 'bad.good.ads.example', 'good.ads.example'),
    ])
    expect(ruleLines(imported)).toEqual([
      'block .ads.example # Ads.',
      'allow good.ads.example',
      'block bad.good.ads.example # Mine.',
      'block! good.ads.example # Mine.',
    ])
  })

  test('aliases, continued lines and comments', () => {
    const imported = importPrivoxy([
      fileOf(
        'user.action',
        '{{alias}}',
        'shop = -block \\',
        '   -filter',
        '+mine = +block{Mine # not.} # comment',
        '{{description}}',
        'whatever stands here',
        '{ \\',
        '  shop \\',
        '}',
        '.shop.example',
        '{ +block{x\\#1} }',
        '.shop.example/ads/  # comment',
      ),
    ])
    expect(ruleLines(imported)).toEqual(['allow .shop.example', 'block! http://.shop.example/ads/** # x#1'])
    expect(skippedLines(imported.skipped)).toEqual(['10: -filter', '12: patterns with a path'])
  })

  test('a section for everything makes the default, and what was said before no longer counts', () => {
    const imported = importPrivoxy([
      fileOf('user.action', '{+block}', 'gone.example', '{+block{Only these.}}', '/', '{-block}', '.good.example'),
    ])
    expect(ruleLines(imported)).toEqual(['default block', 'allow .good.example'])
  })

  test('other actions are counted by name, patterns that are none are reported', () => {
    const imported = importPrivoxy([
      fileOf(
        'a.action',
        '{+filter{x} +block}',
        '.a.example',
        '.b.example',
        '{-filter}',
        '.c.example',
        '{+block}',
        'TAG:^x',
      ),
    ])
    expect(imported.skipped.map(({ text, count }) => `${text} ${count}`).toSorted()).toEqual([
      '+filter 2',
      '-filter 1',
      'TAG:^x 1',
    ])
  })

  // The last section that matches decides, by Privoxy's own reading of hosts, label by label.
  test('decides as Privoxy does where nothing is reported', () => {
    const label = fc.constantFrom('a', 'b', 'ab', 'a*', '*b', '?')
    const dot = fc.constantFrom('', '.')
    const host = fc
      .tuple(dot, fc.array(label, { minLength: 1, maxLength: 3 }), dot)
      .map(([left, labels, right]) => `${left}${labels.join('.')}${right}`)
    const pattern = fc.oneof({ weight: 12, arbitrary: host }, { weight: 1, arbitrary: fc.constant('/') })
    const section = fc.record({ block: fc.boolean(), patterns: fc.array(pattern, { minLength: 1, maxLength: 3 }) })
    const name = fc.array(fc.constantFrom('a', 'b', 'ab', 'ba'), { minLength: 1, maxLength: 4 })
    let compared = 0
    fc.assert(
      fc.property(fc.array(section, { minLength: 1, maxLength: 4 }), fc.array(name), (sections, names) => {
        const lines = sections.flatMap(({ block, patterns }) => [block ? '{+block}' : '{-block}', ...patterns])
        const imported = importPrivoxy([fileOf('user.action', ...lines)])
        if (imported.skipped.length > 0) return
        const set = compileRules([{ name: 'f', text: ruleLines(imported).join('\n') || 'default allow' }])
        for (const labels of names) {
          const last = sections.findLast(({ patterns }) => patterns.some((one) => matchesInPrivoxy(one, labels)))
          expect(set.decide(labels.join('.')).action).toBe(last?.block ? 'block' : 'allow')
          compared++
        }
      }),
      { numRuns: Number(process.env.FUZZ_RUNS ?? 100) * 10 },
    )
    expect(compared).toBeGreaterThan(100)
  })
})

function matchesInPrivoxy(pattern: string, labels: readonly string[]): boolean {
  if (pattern === '/') return true
  const parts = pattern.replace(/^\.|\.$/g, '').split('.')
  const most = labels.length - parts.length
  const starts = pattern.startsWith('.') ? Array.from({ length: Math.max(0, most + 1) }, (_, i) => i) : [0]
  return starts.some((start) => {
    const fits = parts.every((part, i) => {
      const glob = part.replaceAll('*', '.*').replaceAll('?', '.')
      return labels[start + i] !== undefined && new RegExp(`^${glob}$`).test(labels[start + i] ?? '')
    })
    return fits && (pattern.endsWith('.') || start === most)
  })
}
