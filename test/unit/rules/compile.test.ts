import { describe, expect, test } from 'vitest'
import { compileRules } from '../../../src/compile-rules.js'
import { InputError } from '../../../src/errors.js'
import type { RuleSource } from '../../../src/rules/rule.js'

const source = (text: string, more: Partial<RuleSource> = {}): RuleSource => ({ name: 't.rules', text, ...more })

function problemsOf(...sources: RuleSource[]): string[] {
  try {
    compileRules(sources)
  } catch (error) {
    if (error instanceof InputError) return error.message.split('\n')
    throw error
  }
  return []
}

describe('what cannot be understood', () => {
  test('in a native file every such line is an error with its place and what to write', () => {
    const problems = problemsOf(source('block a.example\nblock b..c\nnonsense here\n0.0.0.0 d..e\nallow /(?=x)/\n'))
    expect(problems).toHaveLength(4)
    expect(problems[0]).toBe(
      't.rules:2:7: `b..c` is not a valid host name; write letters, digits, `-`, `_` in labels of 1 to 63 octets, 253 in all',
    )
    expect(problems[1]).toMatch(/^t\.rules:3:1: .*; write /)
    expect(problems[2]).toMatch(/^t\.rules:4:9: /)
    expect(problems[3]).toMatch(/^t\.rules:5:8: .*linear time/)
  })

  test('a native line that is itself wrong makes its file native', () => {
    expect(problemsOf(source('a.example\nblock b..c'))).toHaveLength(1)
  })

  test('in a list it is skipped and counted', () => {
    const set = compileRules([
      source('a.example\nb..c\nnonsense here\n||d^$popup\ne.example##.ad\n0.0.0.0 f.example g..h'),
    ])
    expect(set.size).toBe(2)
    expect(set.counts).toEqual([
      {
        list: 't.rules',
        lines: 6,
        rules: 2,
        byFormat: { plain: 1, hosts: 1 },
        skipped: { 'not a valid host name': 2, 'not understood': 1, 'unknown modifier': 1, cosmetic: 1 },
      },
    ])
  })

  test('a file without a single rule is an error, an empty one too', () => {
    expect(problemsOf(source(''))).toEqual(['t.rules: it holds no rule; name a file with at least one rule'])
    expect(problemsOf(source('# nothing\na.example##.ad'))).toEqual([
      't.rules: it holds no rule (skipped: 1 cosmetic); name a file with at least one rule',
    ])
  })

  test('problems of every file are told at once', () => {
    expect(problemsOf(source('block a..b'), source('', { name: 'u.rules' }))).toHaveLength(2)
  })

  test('an unknown modifier is no error, not even in a native file', () => {
    expect(compileRules([source('block a.example\n||b.example^$nonsense')]).size).toBe(1)
  })

  test.each([
    ['block ad[s.example', 'without its `]`'],
    ['block +(a|b).example', 'extended globs'],
    ['block !a.example', 'leading `!`'],
    ['block x{1..9}.example', 'ranges'],
    [`block ${'a'.repeat(257)}`, '257 characters'],
    ['block {a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}.x', '128 branches'],
    ['block /(a)\\1/', 'linear time'],
    ['include other.rules', '`include` works only'],
  ])('%s is an error', (line, message) => {
    expect(problemsOf(source(line))).toEqual([expect.stringContaining(message)])
  })
})

describe('default', () => {
  test('is allow where nobody says otherwise', () => {
    expect(compileRules([])).toMatchObject({ defaultAction: 'allow', defaultRule: null, size: 0 })
  })

  test('is what the files say, with its line', () => {
    const set = compileRules([source('allow a.example\ndefault block # only these')])
    expect(set.defaultAction).toBe('block')
    expect(set.defaultRule).toEqual({
      action: 'block',
      level: 'default',
      list: 't.rules',
      line: 2,
      text: 'default block',
      reason: 'only these',
    })
    expect(set.decide('b.example')).toEqual({ action: 'block', level: 'default', rule: null })
  })

  test('the option beats the files', () => {
    const set = compileRules([source('default block\nblock a.example')], { default: 'allow' })
    expect([set.defaultAction, set.defaultRule]).toEqual(['allow', null])
  })

  test('two that contradict each other are an error that names both files', () => {
    expect(problemsOf(source('default block'), source('default allow', { name: 'u.rules' }))).toEqual([
      'u.rules:1:1: `default allow` contradicts `default block` in t.rules:1; keep one of the two, or say which with --default',
    ])
    expect(problemsOf(source('default block'), source('default block', { name: 'u.rules' }))).toEqual([])
  })
})

describe('the action of a file', () => {
  test('under block a line with its own action keeps it', () => {
    const set = compileRules([
      source('a.example\n@@||b.example^\nallow c.example\nd.example CNAME rpz-passthru.', { action: 'block' }),
    ])
    const decided = ['a.example', 'b.example', 'c.example', 'd.example'].map((host) => set.decide(host).level)
    expect(decided).toEqual(['block', 'allow', 'allow', 'allow'])
  })

  test('under allow bare lines allow, and lines that block are skipped and counted', () => {
    const set = compileRules([
      source(
        'a.example\n||b.example^\n||c.example^$important\nblock d.example\nblock! e.example\nblock ||f.example^\ndefault block',
        {
          action: 'allow',
        },
      ),
    ])
    const levels = ['a.example', 'b.example', 'c.example', 'd.example', 'e.example', 'f.example'].map(
      (host) => set.decide(host).level,
    )
    expect(levels).toEqual(['allow', 'allow', 'allow!', 'default', 'default', 'default'])
    expect(set.defaultAction).toBe('allow')
    expect(set.counts[0]?.skipped).toEqual({ 'blocks, in an allow file': 3, 'default, in an allow file': 1 })
  })
})

describe('scope', () => {
  test('of the source beats that of the options', () => {
    const text = 'a.example'
    const apex = (set: ReturnType<typeof compileRules>) => set.decide('x.a.example').action
    expect(apex(compileRules([source(text)]))).toBe('allow')
    expect(apex(compileRules([source(text)], { scope: 'suffix' }))).toBe('block')
    expect(apex(compileRules([source(text, { scope: 'exact' })], { scope: 'suffix' }))).toBe('allow')
  })
})

describe('adblock', () => {
  test('badfilter takes back the rule that is otherwise equal, wherever it stands', () => {
    const set = compileRules([
      source('||a.example^$badfilter\n||b.example^'),
      source('||a.example^\n||c.example^$badfilter,important\n||c.example^\n||c.example^$important', { name: 'u.txt' }),
    ])
    expect(set.decide('a.example').action).toBe('allow')
    expect(set.decide('c.example').level).toBe('block')
    expect(set.counts[1]?.skipped).toEqual({ badfilter: 1, 'taken back by badfilter': 2 })
  })

  test('denyallow leaves hosts out of a rule', () => {
    const set = compileRules([source('||example^$denyallow=b.example')])
    expect(['a.example', 'b.example', 'x.b.example'].map((host) => set.decide(host).action)).toEqual([
      'block',
      'allow',
      'allow',
    ])
  })
})

describe('includes', () => {
  test('that were followed are content, others are errors', () => {
    expect(compileRules([source('include x.txt', { included: new Set([1]) })]).size).toBe(0)
    expect(problemsOf(source('block a\ninclude x.txt'))).toEqual([expect.stringMatching(/^t\.rules:2:9: /)])
  })

  test('of v2fly that were not followed are counted', () => {
    const set = compileRules([source('full:a.example\ninclude:other')])
    expect(set.counts[0]?.skipped).toEqual({ 'v2fly include of a file that is not there': 1 })
  })
})

describe('with', () => {
  const base = compileRules([source('block a.example # reason\nblock b.example\n0.0.0.0 c.example')])

  test('adds rules and leaves the set as it was', () => {
    const changed = base.with({ add: ['allow a.example', 'x.example'] })
    expect([changed.decide('a.example').action, changed.decide('x.example').action]).toEqual(['allow', 'block'])
    expect(changed.decide('x.example').rule).toMatchObject({ list: 'added', line: 2 })
    expect(base.decide('a.example').action).toBe('block')
  })

  test('removes rules by their text, with or without the reason', () => {
    const changed = base.with({ remove: ['block a.example', 'block b.example # whatever', 'not there'] })
    expect([changed.decide('a.example').action, changed.decide('b.example').action]).toEqual(['allow', 'allow'])
    expect([base.size, changed.size]).toEqual([3, 1])
  })

  test('a rule can be removed, and added again', () => {
    const changed = base.with({ remove: ['block a.example'] }).with({ add: ['block a.example'] })
    expect(changed.decide('a.example').action).toBe('block')
    expect(
      base
        .with({ add: ['y.example'] })
        .with({ remove: ['y.example'] })
        .decide('y.example').action,
    ).toBe('allow')
  })

  test('everything may be removed', () => {
    expect(base.with({ remove: ['block a.example', 'block b.example', '0.0.0.0 c.example'] }).size).toBe(0)
  })

  test('what cannot be understood is an error, bare or not', () => {
    expect(() => base.with({ add: ['a..b'] })).toThrow('added:1:1: ')
  })
})

test('branches of braces are one rule', () => {
  const set = compileRules([source('block {a,*.b,c*}.example')])
  expect(set.size).toBe(1)
  expect(['a.example', 'x.b.example', 'cc.example'].map((host) => set.decide(host).action)).toEqual([
    'block',
    'block',
    'block',
  ])
})
