import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, expect, test } from 'vitest'

const script = fileURLToPath(new URL('../../scripts/count-tests.mjs', import.meta.url))
let folder: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'veilgate-count-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

test.each([
  ['all passed', '{"numPassedTests":7,"numFailedTests":0}', '0', '7 0'],
  ['some failed', '{"numPassedTests":5,"numFailedTests":2}', '1', '5 2'],
  ['all passed and vitest failed all the same', '{"numPassedTests":7,"numFailedTests":0}', '1', '7 1'],
  ['it was ended from outside', '{"numPassedTests":7,"numFailedTests":0}', '124', '7 1'],
  ['nothing ran', '{"numPassedTests":0,"numFailedTests":0}', '0', '0 1'],
  ['the report is cut off', '{"numPassedTests":7,', '0', '0 1'],
  ['the report is of another kind', '{"numPassedTests":"7"}', '0', '0 1'],
])('counts a run in which %s', (_title, report, exitStatus, counts) => {
  writeFileSync(join(folder, 'report.json'), report)
  expect(countTests(join(folder, 'report.json'), exitStatus)).toBe(counts)
})

test('counts a run without a report as one failure', () => {
  expect(countTests(join(folder, 'none.json'), '0')).toBe('0 1')
})

test('tells what failed, and why', () => {
  const failed = '{"status":"failed","fullName":"is so","failureMessages":["expected a to be b"]}'
  const testResults = `[{"name":"a.test.ts","assertionResults":[${failed},{"status":"passed","fullName":"is there"}]}]`
  writeFileSync(join(folder, 'report.json'), `{"numPassedTests":1,"numFailedTests":1,"testResults":${testResults}}`)
  const { stdout, stderr } = spawnSync(process.execPath, [script, join(folder, 'report.json'), '1'], {
    encoding: 'utf8',
  })
  expect(stdout).toBe('1 1\n')
  expect(stderr).toBe('FAILED: a.test.ts: is so\nexpected a to be b\n')
})

function countTests(report: string, exitStatus: string): string {
  return spawnSync(process.execPath, [script, report, exitStatus], { encoding: 'utf8' }).stdout.trim()
}
