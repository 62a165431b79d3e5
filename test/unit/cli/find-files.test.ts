import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { findFiles } from '../../../src/cli/find-files.js'
import { createTempFolder } from '../../helpers/temp-folder.js'

const folder = createTempFolder()
const config = { name: folder.write('squid.conf', ''), text: '' }
for (const name of ['ads', 'lists/more', 'domains', 'porn/domains', 'conf.d/b.conf', 'conf.d/a.conf', 'conf.d/c.off'])
  folder.write(name, name)

const found = (path: string) => findFiles(path, config).map(({ text }) => text)

describe('findFiles', () => {
  test.each([
    ['ads', ['ads']],
    ['./lists/more', ['lists/more']],
    [join(folder.path, 'ads'), ['ads']],
    ['/no/such/folder/ads', ['ads']],
    ['/no/such/folder/lists/more', ['lists/more']],
    ['../elsewhere/ads', ['ads']],
    ['/no/such/porn/domains', ['porn/domains']],
    ['/no/such/folder/conf.d/*.conf', ['conf.d/a.conf', 'conf.d/b.conf']],
    ['conf.d/?.off', ['conf.d/c.off']],
    ['no-such-folder/*.conf', []],
    ['gone', []],
    ['lists', []],
  ])('%s', (path, expected) => {
    expect(found(path)).toEqual(expected)
  })

  test('the file of one category never stands for that of another', () => {
    expect(found('/no/such/ads/domains')).toEqual([])
    expect(found('domains')).toEqual(['domains'])
  })

  test('shows a file under the path at which it was found', () => {
    expect(findFiles('/no/such/ads', config)[0]?.name).toBe(join(folder.path, 'ads'))
    expect(findFiles('no-such-file', { name: '-', text: '' })).toEqual([])
  })
})
