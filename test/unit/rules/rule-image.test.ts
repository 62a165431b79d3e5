import { describe, expect, test } from 'vitest'
import { compileRules } from '../../../src/compile-rules.js'
import type { RuleSet } from '../../../src/rules/rule.js'
import { decodeRuleSet, encodeRuleSet } from '../../../src/rules/rule-image.js'
import { stateOf } from '../../../src/rules/rule-set.js'

const text = [
  'default block',
  'allow .a.example # because',
  'block! x.a.example:8443',
  'block {b,c{1,2,3}}.example',
  'block d*.example',
  '/^e[0-9]+\\./',
  'block 192.0.2.0/24',
  'block 2001:db8::1',
  'block http://f.example/ads/*',
  '||g.example^$denyallow=ok.g.example',
  '||h.example^',
  '||h.example^$badfilter',
  '0.0.0.0 i.example j.example',
].join('\n')

const targets = [
  'a.example',
  'c2.example',
  'dd.example',
  'e1.example',
  '192.0.2.7',
  '[2001:db8::1]',
  'http://f.example/ads/1',
]
const hosts = ['x.ok.g.example', 'g.example', 'h.example', 'j.example', 'z.example', 'x.a.example:8443']

function image(ruleSet: RuleSet): Uint8Array {
  return new Uint8Array(Buffer.concat(encodeRuleSet(ruleSet)))
}

describe('an image', () => {
  const set = compileRules([
    { name: 'a', text },
    { name: 'b', text: 'x.example\ny.example\n' },
  ]).with({
    add: ['block added.example'],
    remove: ['x.example'],
  })

  test('answers as the set that it was made of', () => {
    const read = decodeRuleSet(image(set))
    for (const target of [...targets, ...hosts, 'added.example', 'x.example', 'y.example']) {
      expect(read?.decide(target)).toEqual(set.decide(target))
      expect(read?.matches(target)).toEqual(set.matches(target))
    }
    expect(read?.size).toBe(set.size)
    expect(read?.counts).toEqual(set.counts)
    expect(read?.defaultRule).toEqual(set.defaultRule)
    const query = { host: 'q.example', port: 443, family: 0 as const, path: undefined }
    expect(read?.decideAddresses(read.decide(query), query, ['192.0.2.9'])).toEqual(
      set.decideAddresses(set.decide(query), query, ['192.0.2.9']),
    )
  })

  test('can be edited, kept and read again', () => {
    const again = decodeRuleSet(image(decodeRuleSet(image(set))?.with({ add: ['block more.example'] }) ?? set))
    expect(again?.decide('more.example').rule).toMatchObject({ list: 'added', line: 2 })
    expect(again?.decide('x.example').rule).toBeNull()
  })

  test('shares the columns with the bytes it was read from: nothing is copied', () => {
    const bytes = image(set)
    const read = decodeRuleSet(bytes)
    expect(read && stateOf(read)?.base.segment.names.columns.high.buffer).toBe(bytes.buffer)
  })

  test('of an empty set is one', () => {
    expect(decodeRuleSet(image(compileRules([])))?.decide('a.example')).toEqual(compileRules([]).decide('a.example'))
  })

  test('of another version, or of a machine with the other byte order, is none', () => {
    const bytes = image(set)
    const [line] = new TextDecoder().decode(bytes).split('\n', 1)
    const version = Uint8Array.from(bytes)
    version[(line?.length ?? 0) - 1] = 0x30
    expect(decodeRuleSet(version)).toBeUndefined()
    const order = Uint8Array.from(bytes)
    // after the line, padded to 8: the length of the header, and which end is first
    order[Math.ceil(((line?.length ?? 0) + 1) / 8) * 8 + 4] = 7
    expect(decodeRuleSet(order)).toBeUndefined()
  })

  test('that ends too soon is an error, and one that goes on is none', () => {
    const bytes = image(set)
    for (let length = 0; length < bytes.length; length += 61) {
      expect(() => decodeRuleSet(bytes.slice(0, length))).toThrow('ends too soon')
    }
    expect(decodeRuleSet(Uint8Array.from([...bytes, 0, 0, 0, 0, 0, 0, 0, 0]))).toBeUndefined()
  })

  test('can be made only of sets of this engine', () => {
    expect(() => encodeRuleSet({ ...set })).toThrow('engine')
  })
})
