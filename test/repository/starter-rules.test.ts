import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { lint } from '../../src/cli/lint.js'
import { test as runTests } from '../../src/cli/test.js'
import { withOutput } from '../helpers/capture-output.js'

const folder = fileURLToPath(new URL('../../rules', import.meta.url))
const names = readdirSync(folder).filter((name) => name.endsWith('.rules'))

test('the starter files are these', () => {
  expect(names).toEqual(['default.rules', 'privacy.rules', 'school.rules', 'strict-allowlist.rules'])
})

describe.each(names)('rules/%s', (name) => {
  const file = `${folder}/${name}`

  test('passes the policy tests beside it', async () => {
    const { stdout, result } = await withOutput(() => runTests([file.replace(/rules$/, 'test.yaml')], {}))
    expect([stdout, result]).toEqual(['', 0])
  })

  test('has nothing that lint would mend', async () => {
    const { stdout, result } = await withOutput(() => lint([file], { strict: true }))
    expect([stdout, result]).toEqual(['', 0])
  })

  test('is grouped, says how to start it, and gives no line twice', () => {
    const text = readFileSync(file, 'utf8')
    expect(text).toMatch(/^# .{40}/)
    expect(text.match(/^# --- .+ ---$/gm)?.length).toBeGreaterThan(5)
    expect(text).toContain('veilgate start --rules')
  })
})
