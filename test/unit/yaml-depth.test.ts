import { describe, expect, test } from 'vitest'
import { MAX_YAML_DEPTH, tooDeepAt } from '../../src/yaml-depth.js'

const deep = (open: string, levels: number) => open.repeat(levels)

describe('tooDeepAt', () => {
  test.each(['[', '{ a: ', '- ', '? '])('%j: as deep as is read, and one level more', (open) => {
    expect(tooDeepAt(deep(open, MAX_YAML_DEPTH - 1))).toBeUndefined()
    expect(tooDeepAt(deep(open, MAX_YAML_DEPTH + 2))).toBeGreaterThan(0)
  })

  test('what stands side by side is not deep', () => {
    expect(tooDeepAt('- [a, { b: [c] }]\n'.repeat(1_000))).toBeUndefined()
  })
})
