import { describe, expect, test } from 'vitest'
import { lint } from '../../../src/cli/lint.js'
import { InputError } from '../../../src/errors.js'
import { withOutput } from '../../helpers/capture-output.js'
import { createTempFolder } from '../../helpers/temp-folder.js'

const folder = createTempFolder()
const clean = folder.write('clean.rules', 'block ads.example\n')
const twice = folder.write('twice.rules', 'block ads.example\nblock ads.example\n')
const wrong = folder.write('wrong.rules', 'block ads.example\nblock a..b\n')
const cycle = folder.write('cycle.rules', 'block ads.example\ninclude cycle.rules\n')

describe('lint', () => {
  test('says nothing of a clean file, and 0', async () => {
    const { stdout, stderr, result } = await withOutput(() => lint([clean], {}))
    expect([stdout, stderr, result]).toEqual(['', 'veilgate: 0 errors, 0 warnings in 1 file\n', 0])
  })

  test('prints an error with its place and what to write, and 1', async () => {
    const { stdout, result } = await withOutput(() => lint([wrong], {}))
    expect(stdout).toMatch(new RegExp(`^${wrong}:2:\\d+: error: .+; .+\\n$`))
    expect(result).toBe(1)
  })

  test('a warning is 0, and 1 under --strict', async () => {
    expect(await withOutput(() => lint([twice], {}))).toMatchObject({
      stdout: expect.stringMatching(/:2:1: warning: /),
      result: 0,
    })
    expect(await withOutput(() => lint([twice], { strict: true }))).toMatchObject({ result: 1 })
  })

  test('--json is an array of findings', async () => {
    const { stdout } = await withOutput(() => lint([twice], { json: true }))
    expect(JSON.parse(stdout)).toEqual([
      {
        file: twice,
        line: 2,
        column: 1,
        severity: 'warning',
        code: 'duplicate',
        message: expect.any(String),
        fix: expect.any(String),
      },
    ])
    expect((await withOutput(() => lint([clean], { json: true }))).stdout).toBe('[]\n')
  })

  test('an include that cannot be followed is a finding', async () => {
    const { stdout, result } = await withOutput(() => lint([cycle], {}))
    expect(stdout).toMatch(/:2:1: error: include cycle/)
    expect(result).toBe(1)
  })

  test('a file that cannot be read is no finding', async () => {
    await expect(lint([`${folder.path}/nowhere.rules`], {})).rejects.toThrow(InputError)
  })
})
