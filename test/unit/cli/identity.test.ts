import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { newIdentity } from '../../../src/cli/identity.js'
import { type ControlCommand, openControlServer } from '../../../src/control/server.js'
import { withOutput } from '../../helpers/capture-output.js'
import { createTempFolder } from '../../helpers/temp-folder.js'

const folder = createTempFolder()
let sockets = 0

async function answering(command: ControlCommand): Promise<string> {
  const control = join(folder.path, `${sockets++}.sock`)
  const server = await openControlServer({ path: control, ownFolder: undefined }, { 'identity new': command })
  onTestFinished(() => server.close())
  return control
}

test('asks for all, or for one site, and says what has a new one', async () => {
  const asked: unknown[] = []
  const control = await answering((request) => {
    asked.push(request)
    return { site: request.site === undefined ? null : 'a.test', generation: asked.length }
  })
  const { stdout, result } = await withOutput(() => newIdentity({ control }))
  expect([stdout, result]).toEqual(['everything leaves with a new identity (generation 1)\n', 0])
  expect((await withOutput(() => newIdentity({ control, site: 'www.a.test' }))).stdout).toBe(
    'a.test leaves with a new identity (generation 2)\n',
  )
  expect((await withOutput(() => newIdentity({ control, site: 'a.test', json: true }))).stdout).toBe(
    '{"site":"a.test","generation":3}\n',
  )
  expect(asked).toEqual([
    { command: 'identity new' },
    { command: 'identity new', site: 'www.a.test' },
    { command: 'identity new', site: 'a.test' },
  ])
})

test('says why there are none', async () => {
  const control = await answering(() => {
    throw new Error('nothing is isolated')
  })
  await expect(newIdentity({ control })).rejects.toThrow('nothing is isolated')
})
