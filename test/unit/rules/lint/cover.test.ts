import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { compileRules } from '../../../../src/compile-rules.js'
import { createCover, suffixOfGlob } from '../../../../src/rules/lint/cover.js'
import { branchesOf } from '../../../../src/rules/lint/lint-rule.js'
import { readSource } from '../../../../src/rules/lint/read-source.js'

const read = (text: string) => readSource({ name: 't', text }, new Set()).rules
const coverOf = (text: string) => {
  const cover = createCover()
  for (const rule of read(text)) cover.add(rule)
  return cover
}
const branchOf = (text: string) => {
  const [branch] = branchesOf(read(`block ${text}`)[0]?.pattern ?? { kind: 'branches', branches: [] })
  if (branch === undefined) throw new Error('one pattern expected')
  return branch
}

describe('cover', () => {
  test.each([
    ['block .a.example', 'b.a.example', true],
    ['block .a.example', 'a.example', true],
    ['block *.a.example', 'a.example', false],
    ["- '*.a.example'", 'b.a.example', true],
    ["- '*.a.example'", 'c.b.a.example', false],
    ["- '*.a.example'", '.b.a.example', false],
    ['block .a.example', 'x*.a.example', true],
    ['block .a.example', 'x*a.example', false],
    ['block .a.example:80', 'a.example', false],
    ['block .a.example', 'a.example:80', true],
    ['block 10.0.0.0/8', '10.1.0.0/16', true],
    ['block 10.1.0.0/16', '10.0.0.0/8', false],
    ['block a.example', 'a.example/x', true],
  ])('%s covers %s: %s', (rule, pattern, expected) => {
    expect(coverOf(rule).find(branchOf(pattern), 'cover', () => true) !== undefined).toBe(expected)
  })

  test('a rule that covers a pattern matches every host that the pattern matches', () => {
    const runs = Number(process.env.FUZZ_RUNS ?? 100)
    const name = fc.array(fc.constantFrom('a', 'b', 'ab'), { minLength: 1, maxLength: 3 }).map((l) => l.join('.'))
    const pattern = fc.tuple(fc.constantFrom('', '.', '*.', 'a*.'), name).map((parts) => parts.join(''))
    fc.assert(
      fc.property(pattern, pattern, fc.array(name, { minLength: 20, maxLength: 20 }), (wide, narrow, hosts) => {
        fc.pre(coverOf(`block ${wide}`).find(branchOf(narrow), 'cover', () => true) !== undefined)
        const [wider, narrower] = [wide, narrow].map((text) => compileRules([{ name: 't', text: `block ${text}` }]))
        for (const host of hosts)
          if (narrower?.decide(host).action === 'block') expect(wider?.decide(host).action).toBe('block')
      }),
      { numRuns: runs },
    )
  })

  test.each([
    ['ads*.a.example', 'a.example'],
    ['*a.example', 'example'],
    ['a.example*', ''],
    ['a[bc].example', 'example'],
  ])('all that %s matches lies under %j', (glob, suffix) => {
    expect(suffixOfGlob(glob)).toBe(suffix)
  })
})
