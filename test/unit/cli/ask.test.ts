import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { ask } from '../../../src/cli/ask.js'
import { openControlServer } from '../../../src/control/server.js'
import { createTempFolder } from '../../helpers/temp-folder.js'

const folder = createTempFolder()

test('asks at the socket that is given, or that the configuration names', async () => {
  const path = join(folder.path, 'c.sock')
  const server = await openControlServer({ path, ownFolder: undefined }, { echo: ({ word }) => word })
  onTestFinished(() => server.close())
  expect(await ask({ control: path }, { command: 'echo', word: 'hi' })).toBe('hi')
  const config = folder.write('c.yaml', `control: ${path}\n`)
  expect(await ask({ config }, { command: 'echo', word: 'ho' })).toBe('ho')
})

test('says why nobody can be asked', async () => {
  const config = folder.write('off.yaml', 'control: off\n')
  await expect(ask({ config }, { command: 'echo' })).rejects.toThrow('control: off')
  await expect(ask({ control: '/no/such.sock' }, { command: 'echo' })).rejects.toThrow('no veilgate runs here')
})
