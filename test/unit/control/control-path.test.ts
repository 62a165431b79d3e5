import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { controlPath } from '../../../src/control/control-path.js'
import { CannotRunError } from '../../../src/errors.js'
import { createTempFolder } from '../../helpers/temp-folder.js'

const runtime = createTempFolder().path
const own = join(tmpdir(), 'veilgate-1000')

test.each([
  ['off', { XDG_RUNTIME_DIR: runtime }, undefined],
  ['/run/vg.sock', { XDG_RUNTIME_DIR: runtime }, { path: '/run/vg.sock', ownFolder: undefined }],
  ['auto', { XDG_RUNTIME_DIR: runtime }, { path: join(runtime, 'veilgate.sock'), ownFolder: undefined }],
  ['auto', {}, { path: join(own, 'veilgate.sock'), ownFolder: own }],
  ['auto', { XDG_RUNTIME_DIR: '' }, { path: join(own, 'veilgate.sock'), ownFolder: own }],
  ['auto', { XDG_RUNTIME_DIR: 'relative' }, { path: join(own, 'veilgate.sock'), ownFolder: own }],
  ['auto', { XDG_RUNTIME_DIR: '/no/such/folder' }, { path: join(own, 'veilgate.sock'), ownFolder: own }],
])('%s with %j', (configured, env, expected) => {
  expect(controlPath(configured, env, 1000)).toEqual(expected)
})

test('a path that is too long for a socket is refused, not cut off', () => {
  const path = `/${'x'.repeat(102)}`
  expect(controlPath(path)?.path).toBe(path)
  expect(() => controlPath(`${path}xxxxx`)).toThrow('the path of a socket has at most')
  expect(() => controlPath(`/${'ü'.repeat(60)}`)).toThrow(CannotRunError)
})
