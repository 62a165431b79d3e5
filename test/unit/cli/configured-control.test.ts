import { join } from 'node:path'
import { expect, test } from 'vitest'
import { configuredControl } from '../../../src/cli/configured-control.js'
import { createTempFolder } from '../../helpers/temp-folder.js'

const folder = createTempFolder()

test('is what the configuration says, and the usual place where it says nothing', async () => {
  expect(await configuredControl(undefined)).toBe('auto')
  expect(await configuredControl(folder.write('a.yaml', 'watch: true\n'))).toBe('auto')
  expect(await configuredControl(folder.write('b.yaml', 'control: vg.sock\n'))).toBe(join(folder.path, 'vg.sock'))
})

test('does not ask who may use the proxy: the instance that runs has answered that', async () => {
  expect(await configuredControl(folder.write('c.yaml', 'listen: [http://0.0.0.0:3128]\n'))).toBe('auto')
})
