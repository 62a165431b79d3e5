import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { reload } from '../../../src/cli/reload.js'
import { type ControlCommand, openControlServer } from '../../../src/control/server.js'
import { CannotRunError, InputError } from '../../../src/errors.js'
import { withOutput } from '../../helpers/capture-output.js'
import { createTempFolder } from '../../helpers/temp-folder.js'

const folder = createTempFolder()
let sockets = 0

async function running(command: ControlCommand): Promise<string> {
  const path = join(folder.path, `${sockets++}.sock`)
  const server = await openControlServer({ path, ownFolder: undefined }, { reload: command })
  onTestFinished(() => server.close())
  return path
}

describe('reload', () => {
  test('says how many rules are in force now', async () => {
    const control = await running(() => ({ rules: 12 }))
    expect(await withOutput(() => reload({ control }))).toEqual({
      stdout: '',
      stderr: 'veilgate: reloaded: 12 rules\n',
      result: 0,
    })
    expect((await withOutput(() => reload({ control, json: true }))).stdout).toBe('{"rules":12}\n')
  })

  test('a file that is wrong is bad input, with its place', async () => {
    const problem = { file: 'a.rules', line: 3, column: 7, message: 'wrong', fix: 'write it right' }
    const control = await running(() => {
      throw new InputError([problem])
    })
    const error = await reload({ control }).catch((fault: unknown) => fault)
    expect(error).toBeInstanceOf(InputError)
    expect(String(error)).toContain('a.rules:3:7: wrong; write it right')
  })

  test('an instance that could not, none at all, and none to ask are reasons not to run', async () => {
    const control = await running(() => {
      throw new CannotRunError('the log cannot be written')
    })
    await expect(reload({ control })).rejects.toThrow('the log cannot be written')
    await expect(reload({ control: join(folder.path, 'none.sock') })).rejects.toBeInstanceOf(CannotRunError)
    await expect(reload({ config: folder.write('off.yaml', 'control: off\n') })).rejects.toThrow('control: off')
  })
})
