import { expect } from 'vitest'
import { compileRules } from '../../../src/compile-rules.js'
import { importRules } from '../../../src/import/import-rules.js'
import { IMPORT_SOURCES } from '../../../src/import/import-sources.js'
import { forEachLine } from '../../../src/rules/lines.js'
import { lintRules } from '../../../src/rules/lint.js'
import { parseLine } from '../../../src/rules/parse.js'
import type { Area } from './area.js'
import { expectSamePattern } from './rules.js'

/** What is written is a rule file in order whose patterns can be printed again, and each line left out has a reason. */
export const imports: Area = {
  name: 'imports',
  reads(input, seed) {
    const [tool, name = ''] = seed.split('/')
    const source = IMPORT_SOURCES.find((known) => known === tool)
    if (source === undefined) throw new Error(`no importer is called ${tool}`)
    const file = { name, text: input.toString('utf8') }
    // a file may name itself
    const { text, skipped, blocks, allows, isDefaultBlock } = importRules(source, [file], () => [file])
    for (const { line, count, reason } of skipped) {
      expect(line).toBeGreaterThanOrEqual(0)
      expect(count).toBeGreaterThanOrEqual(1)
      expect(reason).not.toBe('')
    }
    expect(text === '').toBe(blocks + allows === 0 && !isDefaultBlock)
    if (text === '') return false
    const out = { name: 'out', text }
    expect(lintRules([out]).filter(({ severity }) => severity === 'error')).toEqual([])
    expect(compileRules([out]).defaultAction).toBe(isDefaultBlock ? 'block' : 'allow')
    forEachLine(text, (raw) => {
      const parsed = parseLine(raw)
      if (parsed.kind === 'rules') for (const pattern of parsed.patterns) expectSamePattern(pattern)
    })
    return true
  },
}
