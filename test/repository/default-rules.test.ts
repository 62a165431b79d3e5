import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { compileRules } from '../../src/compile-rules.js'

const text = readFileSync(fileURLToPath(new URL('../../rules/default.rules', import.meta.url)), 'utf8')
const rules = compileRules([{ name: 'default.rules', text }])
const patterns = text.split('\n').flatMap((line) => /^block\s+(\S+)/.exec(line)?.[1] ?? [])

describe('the shipped rules', () => {
  test('are at least 150 and every line of them counts', () => {
    expect(patterns.length).toBeGreaterThanOrEqual(150)
    expect(rules.size).toBe(patterns.length)
  })

  test('say nothing twice', () => {
    expect(patterns.filter((pattern, index) => patterns.indexOf(pattern) !== index)).toEqual([])
    const suffixes = new Set(patterns.filter((pattern) => pattern.startsWith('.')))
    const covered = patterns.filter((pattern) =>
      parentsOf(pattern.replace(/^\*?\./, '')).some((parent) => suffixes.has(parent) && parent !== pattern),
    )
    expect(covered).toEqual([])
  })

  test('are grouped, and every group says why it is there', () => {
    const groups = text.split(/^# --- /m).slice(1)
    expect(groups.length).toBeGreaterThan(8)
    expect(groups.filter((group) => !/^.+ ---\n# Reason: .{20}/.test(group))).toEqual([])
    expect(text.slice(0, text.indexOf('# --- '))).not.toMatch(/^block/m)
  })
})

/** `a.b.c` → `.a.b.c`, `.b.c`, `.c` */
function parentsOf(host: string): readonly string[] {
  const labels = host.split('.')
  return labels.map((_label, index) => `.${labels.slice(index).join('.')}`)
}
