import { chmodSync, mkdirSync, statSync, symlinkSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { cachePath, refuseCacheDirectory } from '../../../src/config/cache-directory.js'
import { DEFAULT_CONFIG } from '../../../src/config/config.js'
import { createTempFolder } from '../../helpers/temp-folder.js'

const folder = createTempFolder()

describe('the path', () => {
  test.each([
    ['off', {}, undefined],
    [DEFAULT_CONFIG.cache, {}, join(homedir(), '.cache/veilgate')],
    [DEFAULT_CONFIG.cache, { XDG_CACHE_HOME: '/var/x' }, '/var/x/veilgate'],
    [DEFAULT_CONFIG.cache, { XDG_CACHE_HOME: 'relative' }, join(homedir(), '.cache/veilgate')],
    ['~/own', { XDG_CACHE_HOME: '/var/x' }, join(homedir(), 'own')],
    ['/var/cache/veilgate', {}, '/var/cache/veilgate'],
    ['/a/~/b', {}, '/a/~/b'],
  ])('%s with %j is %s', (configured, env, expected) => {
    expect(cachePath(configured, env)).toBe(expected)
  })
})

describe('a directory', () => {
  test('is made for this user alone, parents too', async () => {
    const path = join(folder.path, 'new/inner')
    expect(await refuseCacheDirectory(path, false)).toContain('no such file')
    expect(await refuseCacheDirectory(path, true)).toBeUndefined()
    expect(statSync(path).mode & 0o777).toBe(0o700)
    expect(await refuseCacheDirectory(path, false)).toBeUndefined()
  })

  test.each([0o755, 0o770, 0o701])('that is open to others is refused: %o', async (mode) => {
    const path = join(folder.path, `open-${mode}`)
    mkdirSync(path)
    chmodSync(path, mode)
    expect(await refuseCacheDirectory(path, true)).toContain('is open to others')
  })

  test('that is a file or a link is refused', async () => {
    folder.write('file', '')
    expect(await refuseCacheDirectory(join(folder.path, 'file'), false)).toContain('no directory')
    symlinkSync('/tmp', join(folder.path, 'link'))
    expect(await refuseCacheDirectory(join(folder.path, 'link'), false)).toContain('no directory')
  })

  test.skipIf(process.getuid?.() === 0)('of another user is refused', async () => {
    expect(await refuseCacheDirectory('/', false)).toContain('another user')
  })
})
