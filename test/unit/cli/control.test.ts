import { chmodSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import type { Proxy as ForwardProxy } from '../../../src/app.js'
import { openControl } from '../../../src/cli/control.js'
import { mergeSettings } from '../../../src/config/settings.js'
import { askRunning } from '../../../src/control/client.js'
import { createTempFolder } from '../../helpers/temp-folder.js'

const folder = createTempFolder()
let sockets = 0

async function open(control = join(folder.path, `${sockets++}.sock`)) {
  const warnings: string[] = []
  const updates: unknown[] = []
  const proxy: Pick<ForwardProxy, 'lists' | 'updateLists' | 'upstreams' | 'newIdentity'> = {
    lists: [],
    upstreams: async () => [],
    newIdentity: async ({ site } = {}) => ({ site: site ?? null, generation: 2 }),
    async updateLists(request) {
      updates.push(request)
      return []
    },
  }
  const silent = { error() {}, info() {}, debug() {} }
  const logger = { ...silent, warn: (message: string) => void warnings.push(message) }
  const server = await openControl(mergeSettings({ control }), proxy, async () => ({ rules: 7 }), logger)
  onTestFinished(async () => server?.close())
  return { server, warnings, updates, ask: (question: { command: string }) => askRunning(placeOf(control), question) }
}

const placeOf = (path: string) => ({ path, ownFolder: undefined })

describe('the control socket of a proxy', () => {
  test('answers how the lists stand and updates them', async () => {
    const { ask, updates, warnings } = await open()
    expect(await ask({ command: 'reload' })).toEqual({ rules: 7 })
    expect(await ask({ command: 'lists' })).toEqual([])
    expect(await ask({ command: 'upstreams' })).toEqual([])
    expect(await ask({ command: 'identity new', ...{ site: 'a.test' } })).toEqual({ site: 'a.test', generation: 2 })
    await ask({ command: 'lists update' })
    await ask({ command: 'lists update', ...{ names: ['a', 5], acceptShrink: true } })
    await ask({ command: 'lists update', ...{ names: 'a', acceptShrink: 'yes' } })
    expect(updates).toEqual([
      { names: undefined, acceptShrink: false },
      { names: ['a', '5'], acceptShrink: true },
      { names: undefined, acceptShrink: false },
    ])
    expect(warnings).toEqual([])
  })

  test('is not opened where the configuration says off', async () => {
    expect(await open('off')).toMatchObject({ server: undefined, warnings: [] })
  })

  test('that cannot be had is said, and is no reason not to run', async () => {
    const first = await open()
    const path = first.server?.path ?? ''
    expect(await open(path)).toMatchObject({
      server: undefined,
      warnings: [`no control socket: ${path} belongs to another veilgate that is running`],
    })
    expect((await open(`/${'x'.repeat(200)}`)).warnings[0]).toContain('at most')
  })

  test('where it usually is: in the runtime folder, else in one of this user alone', async () => {
    const { XDG_RUNTIME_DIR } = process.env
    onTestFinished(() => {
      process.env.XDG_RUNTIME_DIR = XDG_RUNTIME_DIR
      delete process.env.TMPDIR
    })
    expect((await open('auto')).server?.path).toBe(join(XDG_RUNTIME_DIR ?? '', 'veilgate.sock'))
    process.env.XDG_RUNTIME_DIR = ''
    process.env.TMPDIR = folder.path
    const own = join(folder.path, `veilgate-${process.getuid?.()}`)
    expect((await open('auto')).server?.path).toBe(join(own, 'veilgate.sock'))

    const shared = join(folder.path, 'shared')
    mkdirSync(join(shared, `veilgate-${process.getuid?.()}`), { recursive: true })
    chmodSync(join(shared, `veilgate-${process.getuid?.()}`), 0o777)
    process.env.TMPDIR = shared
    expect((await open('auto')).warnings[0]).toContain('is open to others')
  })
})
