import { mkdirSync, renameSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { digestOf, folderIdentityOf, foldersOf, identityOf } from '../../../src/config/file-identity.js'
import { createTempFolder } from '../../helpers/temp-folder.js'

const folder = createTempFolder()

test('a file that is written to, replaced or touched is another one by its identity', () => {
  const path = folder.write('a', 'one')
  const seen = new Set([identityOf(path)])
  writeFileSync(path, 'two!')
  seen.add(identityOf(path))
  renameSync(folder.write('b', 'two!'), path)
  seen.add(identityOf(path))
  utimesSync(path, 1, 1)
  seen.add(identityOf(path))
  expect(seen.size).toBe(4)
  expect(identityOf(join(folder.path, 'none'))).toBe('')
})

test('a folder in which something changes is the same one, and one that took its name is another', () => {
  const path = join(folder.path, 'kept')
  mkdirSync(path)
  const before = folderIdentityOf(path)
  folder.write('kept/a', 'one')
  expect(folderIdentityOf(path)).toBe(before)
  renameSync(path, `${path}.old`)
  expect(folderIdentityOf(path)).toBe('')
  mkdirSync(path)
  expect(folderIdentityOf(path)).not.toBe(before)
})

test('the digest is that of the text, and nothing for what cannot be read', async () => {
  expect(await digestOf(folder.write('d1', 'same'))).toBe(await digestOf(folder.write('d2', 'same')))
  expect(await digestOf(folder.write('d3', 'other'))).not.toBe(await digestOf(join(folder.path, 'd1')))
  expect(await digestOf(folder.path)).toBe('')
  expect(await digestOf(join(folder.path, 'none'))).toBe('')
})

describe('the folders in which a file can become another', () => {
  test('are its own, and those of all links on the way to it', () => {
    folder.write('data1/t.rules', '')
    symlinkSync('data1', join(folder.path, '..data'))
    symlinkSync('..data/t.rules', join(folder.path, 't.rules'))
    expect([...foldersOf(join(folder.path, 't.rules'))].sort()).toEqual([
      folder.path,
      join(folder.path, '..data'),
      join(folder.path, 'data1'),
    ])
  })

  test('are those of a link of a folder above too', () => {
    folder.write('real/deep/t.rules', '')
    symlinkSync(join(folder.path, 'real'), join(folder.path, 'link'))
    expect(foldersOf(join(folder.path, 'link/deep/t.rules'))).toContain(folder.path)
    expect(foldersOf(join(folder.path, 'link/deep/t.rules'))).toContain(join(folder.path, 'real/deep'))
  })

  test('are found for links in a circle and for what is not there', () => {
    symlinkSync('loop2', join(folder.path, 'loop1'))
    symlinkSync('loop1', join(folder.path, 'loop2'))
    expect([...foldersOf(join(folder.path, 'loop1'))]).toEqual([folder.path])
    expect([...foldersOf(join(folder.path, 'none'))]).toEqual([folder.path])
    expect([...foldersOf(join(folder.path, 'no/such/folder'))]).toEqual([folder.path])
  })
})
