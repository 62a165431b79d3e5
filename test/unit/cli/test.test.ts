import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { test as runTests } from '../../../src/cli/test.js'
import { CannotRunError, InputError } from '../../../src/errors.js'
import { withOutput } from '../../helpers/capture-output.js'
import { createTempFolder } from '../../helpers/temp-folder.js'

const folder = createTempFolder()
folder.write('p.rules', 'block .tracker.test\nallow ok.tracker.test\n')
folder.write('v.yaml', 'rules: { files: [p.rules], default: block }\ncache: off\n')
const good = folder.write('p.test.yaml', 'tests: [{ expect: block, host: [tracker.test, a.tracker.test] }]\n')
const bad = folder.write(
  'bad.test.yaml',
  'rules: [p.rules]\ntests:\n- { expect: allow, host: ok.tracker.test }\n- { name: none, expect: allow, host: tracker.test }\n',
)
const configured = folder.write(
  'c.test.yaml',
  'config: v.yaml\ntests: [{ expect: block, host: other.test, rule: default }]\n',
)

describe('veilgate test', () => {
  test('all passed: counts, and 0', async () => {
    expect(await withOutput(() => runTests([good], {}))).toEqual({
      stdout: '',
      stderr: 'veilgate: 2 passed, 0 failed in 1 file\n',
      result: 0,
    })
  })

  test('a failure: where it is, what was expected, what happened, and 1', async () => {
    expect(await withOutput(() => runTests([good, bad], {}))).toEqual({
      stdout: `${bad}:4: none: tracker.test: expected allow, got block by p.rules:1 block .tracker.test\n`,
      stderr: 'veilgate: 3 passed, 1 failed in 2 files\n',
      result: 1,
    })
  })

  test('--json is an array of results', async () => {
    const { stdout } = await withOutput(() => runTests([bad], { json: true }))
    expect(JSON.parse(stdout)).toMatchObject([
      { file: bad, line: 3, target: 'ok.tracker.test', expect: 'allow', action: 'allow', passed: true },
      { line: 4, name: 'none', action: 'block', reason: 'rule', rule: { list: 'p.rules', line: 1 }, passed: false },
    ])
  })

  test('--junit writes the results for CI', async () => {
    const junit = join(folder.path, 'out.xml')
    await withOutput(() => runTests([bad], { junit }))
    expect(readFileSync(junit, 'utf8')).toContain('<testsuites name="veilgate" tests="2" failures="1" errors="0">')
    await expect(withOutput(() => runTests([good], { junit: join(folder.path, 'no/where.xml') }))).rejects.toThrow(
      CannotRunError,
    )
  })

  test('asks the configuration that the file names, and options override both', async () => {
    expect(await withOutput(() => runTests([configured], {}))).toMatchObject({ result: 0 })
    expect(await withOutput(() => runTests([configured], { default: 'allow' }))).toMatchObject({ result: 1 })
    const ruleFiles = [{ name: 'none', path: folder.write('none.rules', 'block x.test\n'), action: 'block' as const }]
    expect(await withOutput(() => runTests([good], { ruleFiles }))).toMatchObject({ result: 1 })
  })

  test('a target that is none is a fault of the file, with its line', async () => {
    const file = folder.write('t.test.yaml', 'rules: [p.rules]\ntests:\n- { expect: block, host: a..b }\n')
    await expect(withOutput(() => runTests([file], {}))).rejects.toThrow(`${file}:3:1: a..b: `)
    await expect(withOutput(() => runTests([file], {}))).rejects.toThrow(InputError)
  })

  test('rules that are not there are a fault', async () => {
    const file = folder.write('lonely.test.yaml', 'tests: [{ expect: block, host: a.test }]\n')
    await expect(withOutput(() => runTests([file], {}))).rejects.toThrow(/lonely\.rules: cannot be read/)
  })
})
