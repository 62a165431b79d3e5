import { describe, expect, test } from 'vitest'
import { compileRules } from '../../../src/compile-rules.js'
import type { RuleQuery } from '../../../src/rules/rule.js'

const rules = (...lines: string[]) => compileRules([{ name: 't.rules', text: lines.join('\n') }])
const actions = (set: ReturnType<typeof rules>, ...targets: string[]) =>
  targets.map((target) => set.decide(target).action)
const named = (host: string): RuleQuery => ({ host, port: 443, family: 0, path: undefined })

describe('decide', () => {
  test('names file, line, text and reason of the rule', () => {
    expect(rules('', '  block .tracker.test   # tracking').decide('a.tracker.test')).toEqual({
      action: 'block',
      level: 'block',
      rule: {
        action: 'block',
        level: 'block',
        list: 't.rules',
        line: 2,
        text: 'block .tracker.test',
        reason: 'tracking',
      },
    })
  })

  test('says default where nothing matches', () => {
    expect(rules('block a.example').decide('b.example')).toEqual({ action: 'allow', level: 'default', rule: null })
  })

  // features.md §14, rows canon and rule
  test.each([
    [['block example.com'], 'EXAMPLE.com.', 'block'],
    [['block bücher.example'], 'xn--bcher-kva.example', 'block'],
    [['block xn--bcher-kva.example'], 'BÜCHER.example', 'block'],
    [['block 127.0.0.1'], 'http://0x7f.1/', 'block'],
    [['block 127.0.0.1'], 'http://2130706433/', 'block'],
    [['block 127.0.0.0/8'], 'http://0177.0.0.1/', 'block'],
    [['block 127.0.0.0/8'], 'http://127.1/', 'block'],
    [['block 127.0.0.0/8'], '[::ffff:7f00:1]:443', 'block'],
    [['block *.ads.example'], 'ads.example', 'allow'],
    [['block *.ads.example'], 'x.ads.example', 'block'],
    [['block *.ads.example'], 'notads.example', 'allow'],
    [['||x^', '@@||a.x^', '||a.x^$important'], 'a.x', 'block'],
    [['||x^', '@@||a.x^'], 'a.x', 'allow'],
    [['||x^$unknownmod', 'block y'], 'x', 'allow'],
  ] as const)('%j on %s: %s', (lines, target, expected) => {
    expect(rules(...lines).decide(target).action).toBe(expected)
  })

  test('a rule for a port acts on that port only', () => {
    const set = rules('block *.example.com:8080', 'block [2001:db8::1]:443')
    expect(actions(set, 'a.example.com:8080', 'a.example.com', '[2001:db8::1]:443', '[2001:db8::1]:80')).toEqual([
      'block',
      'allow',
      'block',
      'allow',
    ])
  })

  test('a URL rule acts on http only', () => {
    const set = rules('block http://*.example.com/banner/**')
    expect(set.hasUrlRules).toBe(true)
    expect(
      actions(
        set,
        'http://a.example.com/banner/x',
        'http://a.example.com/',
        'https://a.example.com/banner/x',
        'a.example.com',
      ),
    ).toEqual(['block', 'allow', 'allow', 'allow'])
  })

  test('every level beats the next, whatever is more specific', () => {
    const set = rules('block! a.b.example', 'allow! /b/', 'allow .b.example', 'block c.b.example', 'block! *.b.example')
    expect(set.decide('a.b.example').rule).toMatchObject({ level: 'allow!', line: 2 })
    const lower = rules('block a.b.example', 'allow /b/', 'block! *.b.example:1')
    expect(lower.decide('a.b.example').rule).toMatchObject({ level: 'allow', line: 2 })
  })

  test('the first file and the first line win among equals', () => {
    const set = compileRules([
      { name: 'one', text: 'block b.example\nblock a.example\nblock a.example' },
      { name: 'two', text: 'block a.example' },
    ])
    expect(set.decide('a.example').rule).toMatchObject({ list: 'one', line: 2 })
  })
})

describe('matches', () => {
  test('gives every rule in order of precedence', () => {
    const set = rules(
      'block /ad/',
      'block *.example',
      'block .ads.example',
      'block a*',
      'allow a.ads.example',
      'block a.ads.example:443',
      'other.example',
    )
    expect(set.matches('a.ads.example').map(({ line }) => line)).toEqual([5, 6, 3, 2, 4, 1])
    expect(set.matches('b.test')).toEqual([])
  })

  test('a line that matches in two ways is one match', () => {
    expect(rules('block {ads.example,*ads*}').matches('ads.example')).toHaveLength(1)
  })
})

describe('decideCnames', () => {
  const ask = (set: ReturnType<typeof rules>, ...cnames: string[]) =>
    set.decideCnames(set.decide('a.example'), named('a.example'), cnames)

  test('a block on any name that the host is an alias of refuses, and says which', () => {
    const set = rules('block .tracker.test')
    expect(ask(set, 'cdn.test', 'x.tracker.test')).toMatchObject({
      action: 'block',
      level: 'block',
      rule: { line: 1 },
      cname: 'x.tracker.test',
    })
    expect(ask(set, 'cdn.test')).toBe(set.decide('a.example'))
    expect(ask(set)).toBe(set.decide('a.example'))
  })

  test.each([
    [['allow a.example', 'block .tracker.test'], 'allow'],
    [['allow a.example', 'block! .tracker.test'], 'block'],
    [['allow! a.example', 'block! .tracker.test'], 'allow'],
    [['block .tracker.test', 'allow x.tracker.test'], 'allow'],
    [['block .tracker.test', 'allow cdn.test'], 'allow'],
    [['block! .tracker.test', 'allow cdn.test'], 'block'],
    [['default block', 'allow a.example', 'block .tracker.test'], 'allow'],
    [['default block', 'allow 192.0.2.0/24', 'block .tracker.test'], 'block'],
  ] as const)('%j: the strongest rule about any of the names decides: %s', (lines, action) => {
    expect(ask(rules(...lines), 'cdn.test', 'x.tracker.test').action).toBe(action)
  })

  test('an alias lifts no block, by name or by default', () => {
    const byName = rules('block a.example', 'allow cdn.test')
    expect(ask(byName, 'cdn.test')).toEqual(byName.decide('a.example'))
    const byDefault = rules('default block', 'allow cdn.test')
    expect(ask(byDefault, 'cdn.test')).toMatchObject({ action: 'block', level: 'default' })
  })

  test('of several blocks the strongest is told, then the nearest name', () => {
    const set = rules('block one.test', 'block two.test', 'block! three.test')
    expect(ask(set, 'two.test', 'one.test').cname).toBe('two.test')
    expect(ask(set, 'two.test', 'three.test').cname).toBe('three.test')
  })

  test('a rule for a port is asked with the port, a rule for a URL is not asked', () => {
    expect(ask(rules('block tracker.test:443'), 'tracker.test').action).toBe('block')
    expect(ask(rules('block tracker.test:80'), 'tracker.test').action).toBe('allow')
    expect(ask(rules('block http://tracker.test/**'), 'tracker.test').action).toBe('allow')
  })
})

describe('decideAddresses', () => {
  test('a block on any answered address refuses', () => {
    const set = rules('block 192.0.2.0/24')
    expect([set.hasAddressRules, set.hasAddressAllows]).toEqual([true, false])
    const byName = set.decide('a.example')
    expect(set.decideAddresses(byName, named('a.example'), ['198.51.100.1', '192.0.2.9'])).toMatchObject({
      action: 'block',
      rule: { line: 1 },
    })
    expect(set.decideAddresses(byName, named('a.example'), ['198.51.100.1'])).toBe(byName)
    expect(set.decideAddresses(byName, named('a.example'), ['::ffff:192.0.2.9'])).toMatchObject({ action: 'block' })
  })

  test('an allow by name beats a plain block by address, and no more', () => {
    const set = rules('allow a.example', 'block 192.0.2.0/24', 'block! 198.51.100.0/24')
    const byName = set.decide('a.example')
    expect(set.decideAddresses(byName, named('a.example'), ['192.0.2.9'])).toBe(byName)
    expect(set.decideAddresses(byName, named('a.example'), ['192.0.2.9', '198.51.100.1'])).toMatchObject({
      level: 'block!',
    })
  })

  test('an allow for an address beats a block for its range', () => {
    const set = rules('block 192.0.2.0/24', 'allow 192.0.2.9')
    const byName = set.decide('a.example')
    expect(set.decideAddresses(byName, named('a.example'), ['192.0.2.9']).action).toBe('allow')
    expect(set.decideAddresses(byName, named('a.example'), ['192.0.2.9', '192.0.2.10']).action).toBe('block')
  })

  test('under default block every address must be allowed', () => {
    const set = rules('default block', 'allow 192.0.2.0/24')
    expect(set.hasAddressAllows).toBe(true)
    const byName = set.decide('a.example')
    expect(set.decideAddresses(byName, named('a.example'), ['192.0.2.9'])).toMatchObject({
      action: 'allow',
      rule: { line: 2 },
    })
    expect(set.decideAddresses(byName, named('a.example'), ['192.0.2.9', '203.0.113.1'])).toBe(byName)
    expect(set.decideAddresses(byName, named('a.example'), [])).toBe(byName)
  })

  test('a block by name is final', () => {
    const set = rules('block a.example', 'allow 192.0.2.0/24')
    const byName = set.decide('a.example')
    expect(set.decideAddresses(byName, named('a.example'), ['192.0.2.9'])).toBe(byName)
  })

  test('an address rule for a port asks the port of the target', () => {
    const set = rules('block 192.0.2.1:8443')
    const byName = set.decide('a.example')
    expect(set.decideAddresses(byName, named('a.example'), ['192.0.2.1'])).toBe(byName)
    expect(set.decideAddresses(byName, { ...named('a.example'), port: 8443 }, ['192.0.2.1']).action).toBe('block')
  })

  test('URL, name and glob rules say nothing about addresses', () => {
    const set = rules('block 192.*', 'block *', 'allow b.example', 'block 10.0.0.1')
    const byName = set.decide('b.example')
    expect(set.decideAddresses(byName, named('b.example'), ['192.0.2.1'])).toBe(byName)
  })
})
