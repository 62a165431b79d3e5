import { chmodSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'
import { createServiceManager } from '../../../src/cli/service-manager.js'
import { createTempFolder } from '../../helpers/temp-folder.js'

const folder = createTempFolder()
let programs = 0

/** A `systemd-notify` that writes down what it is told, and a manager that uses it. */
function setUp(script = 'echo "$NOTIFY_SOCKET $*" >> "$(dirname "$0")/told"', socket = '/run/notify') {
  const program = folder.write(`${programs++}/systemd-notify`, `#!/bin/sh\n${script}\n`)
  chmodSync(program, 0o755)
  const warnings: string[] = []
  const manager = createServiceManager({
    env: { PATH: `${dirname(program)}:/usr/bin:/bin`, NOTIFY_SOCKET: socket },
    onWarning: (message) => void warnings.push(message),
    monotonic: () => 5_000_000n,
  })
  return {
    manager,
    warnings,
    told: () =>
      readFileSync(join(dirname(program), 'told'), 'utf8')
        .trim()
        .split('\n'),
  }
}

test('is told each state, in order, however fast they follow', async () => {
  const { manager, told, warnings } = setUp('sleep 0.05; echo "$NOTIFY_SOCKET $*" >> "$(dirname "$0")/told"')
  void manager.ready('listening')
  void manager.reloading()
  void manager.ready('listening')
  await manager.stopping()
  expect(told()).toEqual([
    '/run/notify READY=1 STATUS=listening',
    '/run/notify RELOADING=1 MONOTONIC_USEC=5000',
    '/run/notify READY=1 STATUS=listening',
    '/run/notify STOPPING=1',
  ])
  expect(warnings).toEqual([])
})

test('where none started this process, nothing is run', async () => {
  const { manager, told } = setUp(undefined, '')
  await manager.ready('listening')
  await manager.stopping()
  expect(told).toThrow('ENOENT')
})

test('a program that is missing or fails is said once and stops nothing', async () => {
  const { manager, warnings } = setUp('exit 1')
  await manager.ready('x')
  await manager.stopping()
  expect(warnings).toEqual(['the service manager is not told how veilgate stands: systemd-notify ended with 1'])
  const missing: string[] = []
  const without = createServiceManager({
    env: { PATH: folder.path, NOTIFY_SOCKET: '/run/notify' },
    onWarning: (message) => void missing.push(message),
    monotonic: () => 0n,
  })
  await without.ready('x')
  expect(missing).toEqual([expect.stringContaining('ENOENT')])
})
