import { expect } from 'vitest'
import { compileRules } from '../../../src/compile-rules.js'
import { InputError } from '../../../src/errors.js'
import { printPattern } from '../../../src/import/print-pattern.js'
import { forEachLine } from '../../../src/rules/lines.js'
import { branchesOf, patternKey } from '../../../src/rules/lint/lint-rule.js'
import { lintRules } from '../../../src/rules/lint.js'
import { parseLine } from '../../../src/rules/parse.js'
import type { Pattern } from '../../../src/rules/pattern.js'
import type { RuleSource } from '../../../src/rules/rule.js'
import type { Area } from './area.js'

/** Each line is a rule, a comment or counted as skipped; what is printed of a pattern says the same; nothing else is thrown. */
export const rules: Area = {
  name: 'rules',
  reads(input) {
    // as published lists are read: what is no UTF-8 is replaced
    const source = { name: 'f', text: input.toString('utf8') }
    let includes = false
    forEachLine(source.text, (raw) => {
      const parsed = parseLine(raw)
      if (parsed.kind === 'include' || parsed.kind === 'sibling') includes = true
      if (parsed.kind === 'rules') for (const pattern of parsed.patterns) expectSamePattern(pattern)
    })
    const isRefused = lintRules([source]).some(({ severity, code }) => severity === 'error' && code !== 'public-suffix')
    try {
      expectAllCounted(source)
    } catch (error) {
      if (!(error instanceof InputError)) throw error
      expect(error.problems.length).toBeGreaterThan(0)
      // lint leaves it to who reads files whether an include leads anywhere
      expect(isRefused || includes).toBe(true)
      return false
    }
    return true
  },
}

/** What is printed is no other pattern. */
export function expectSamePattern(pattern: Pattern): void {
  const printed = printPattern(pattern)
  if (printed === undefined || isChild(pattern)) return
  const again = printed.map((text) => parseLine(`block ${text}`))
  // the grammar has no form for some, and `import` says so: print-rules.ts
  if (again.some(({ kind }) => kind !== 'rules')) return
  expect(again.flatMap((line) => (line.kind === 'rules' ? line.patterns : [])).flatMap(keysOf)).toEqual(keysOf(pattern))
}

/** One label more than a name is printed as an expression. */
function isChild(pattern: Pattern): boolean {
  return branchesOf(pattern).some((branch) => branch.kind === 'suffix' && branch.reach === 'child')
}

function keysOf(pattern: Pattern): readonly string[] {
  return branchesOf(pattern).map(patternKey)
}

function expectAllCounted(source: RuleSource): void {
  const [counts] = compileRules([source]).counts
  const expected = { lines: 0, rules: 0, skipped: 0 }
  forEachLine(source.text, (raw) => {
    expected.lines++
    const parsed = parseLine(raw)
    if (parsed.kind === 'rules') {
      if (parsed.problem !== undefined) expected.skipped++
      if (parsed.badfilter) expected.skipped++
      else expected.rules += parsed.patterns.length
    } else if (parsed.kind !== 'blank' && parsed.kind !== 'default') {
      expected.skipped++
    }
  })
  const sum = (counted: Readonly<Record<string, number>> = {}) => Object.values(counted).reduce((a, b) => a + b, 0)
  expect({ lines: counts?.lines, rules: counts?.rules, skipped: sum(counts?.skipped) }).toEqual(expected)
  expect(sum(counts?.byFormat)).toBe(expected.rules)
}
