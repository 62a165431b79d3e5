import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { compileRules } from '../../../src/compile-rules.js'
import type { Draft } from '../../../src/import/imported.js'
import { orderRules } from '../../../src/import/order-rules.js'
import { printRules } from '../../../src/import/print-rules.js'
import { portOf } from '../../../src/rules/decide.js'
import { type Pattern, parsePattern } from '../../../src/rules/pattern.js'
import type { RuleAction, RuleQuery } from '../../../src/rules/rule.js'
import { HOST_TEXTS, patternOf, QUERY, REGEX_SOURCE, URL_TEXT } from '../../conformance/rule-table-arbitraries.js'
import { matchesByScan } from '../../conformance/rule-table-oracle.js'

function drafts(...lines: readonly string[]): Draft[] {
  return lines.map((text, i) => {
    const [action = '', token = ''] = text.split(' ')
    const pattern = parsePattern(token)
    if (pattern.kind === 'problem') throw new Error(text)
    return { file: 'f', line: i + 1, action: action as RuleAction, pattern, text }
  })
}

function ordered(lines: readonly string[], defaultAction: RuleAction, idleAllow?: string) {
  const { rules, skipped } = orderRules(drafts(...lines), defaultAction, idleAllow === undefined ? {} : { idleAllow })
  return [
    ...rules.map(({ level, text }) => `${level} ${text.split(' ')[1]}`),
    ...skipped.map(({ line }) => `? ${line}`),
  ]
}

describe('orderRules', () => {
  test.each<[string, readonly string[], RuleAction, readonly string[]]>([
    ['a block alone', ['block .a'], 'allow', ['block .a']],
    ['an exception before a block', ['allow x.a', 'block .a'], 'allow', ['allow x.a', 'block .a']],
    ['a block before an exception', ['block x.a', 'allow .a'], 'block', ['block! x.a', 'allow .a']],
    ['a block that meets no exception', ['block .b', 'allow .a'], 'block', ['block .b', 'allow .a']],
    [
      'three turns',
      ['allow y.x.a', 'block x.a', 'block .x.a', 'allow .a', 'block .example'],
      'block',
      ['allow! y.x.a', 'block! x.a', 'block! .x.a', 'allow .a', 'block .example'],
    ],
    [
      'more turns than there are levels',
      ['block z.y.x.a', 'allow .y.x.a', 'block .x.a', 'allow .a'],
      'block',
      ['block! z.y.x.a', 'allow! .y.x.a', 'block! .x.a', 'allow .a', '? 1'],
    ],
    ['ports that differ', ['block x.a:80', 'allow .a:443'], 'block', ['block x.a:80', 'allow .a:443']],
    [
      'an address before a name that may resolve to it',
      ['block 192.0.2.0/24', 'allow .a'],
      'block',
      ['block! 192.0.2.0/24', 'allow .a'],
    ],
    ['a name before an address', ['allow .a', 'block 192.0.2.0/24'], 'allow', ['allow .a', 'block 192.0.2.0/24']],
    [
      'an address that lifts no block by name',
      ['allow 192.0.2.0/24', 'block .a'],
      'allow',
      ['allow 192.0.2.0/24', 'block .a', '? 1'],
    ],
  ])('%s', (_, lines, defaultAction, expected) => {
    expect(ordered(lines, defaultAction)).toEqual(expected)
  })

  test('reports an allow that no later block needs, where that is asked', () => {
    expect(ordered(['allow .b', 'allow .a', 'block x.a'], 'allow', 'idle')).toEqual(['allow .a', 'block x.a', '? 1'])
    expect(ordered(['allow .b'], 'block', 'idle')).toEqual(['allow .b'])
  })

  // The first rule that matches decides, unless a difference is reported.
  test('decides as the first match, whatever the rules', () => {
    const pattern = fc.oneof(
      { weight: 6, arbitrary: patternOf(fc.oneof(HOST_TEXTS['exact-host'], HOST_TEXTS['host-suffix'])) },
      { weight: 2, arbitrary: patternOf(fc.oneof(HOST_TEXTS.glob, HOST_TEXTS.address, URL_TEXT)) },
      { weight: 1, arbitrary: REGEX_SOURCE.map((source): Pattern => ({ kind: 'regex', source })) },
    )
    const action = fc.constantFrom<RuleAction>('allow', 'block')
    const rule = fc.record({ action, pattern })
    const runs = Number(process.env.FUZZ_RUNS ?? 100) * 5
    let compared = 0
    fc.assert(
      fc.property(fc.array(rule, { minLength: 1, maxLength: 7 }), action, fc.array(QUERY), (given, last, queries) => {
        const all = given.map((one, i): Draft => ({ ...one, file: 'f', line: i + 1, text: '' }))
        const { rules, skipped } = orderRules(all, last)
        if (skipped.length > 0) return
        const { text } = printRules({ rules, defaultAction: last, lists: [], skipped: [] }, 'test')
        const set = compileRules([{ name: 'f', text }])
        for (const query of queries) {
          expect(set.decide(query).action).toBe(firstMatch(all, query) ?? last)
          compared++
        }
      }),
      { numRuns: runs },
    )
    expect(compared).toBeGreaterThan(runs)
  })
})

function firstMatch(rules: readonly Draft[], query: RuleQuery): RuleAction | undefined {
  return rules.find(
    ({ pattern }) => (portOf(pattern) === 0 || portOf(pattern) === query.port) && matchesByScan(pattern, query),
  )?.action
}
