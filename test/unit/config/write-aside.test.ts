import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { writeAside } from '../../../src/config/write-aside.js'
import { createTempFolder } from '../../helpers/temp-folder.js'

const folder = createTempFolder()

test('writes the whole or replaces it, and leaves nothing aside', async () => {
  const file = folder.write('out/a.txt', 'old')
  await writeAside(file, 'new', { mode: 0o600, flush: true })
  expect([readFileSync(file, 'utf8'), statSync(file).mode & 0o777]).toEqual(['new', 0o600])
  expect(readdirSync(join(folder.path, 'out'))).toEqual(['a.txt'])
})

test('what cannot be put in place leaves nothing behind', async () => {
  folder.write('taken/full/inside', '')
  await expect(writeAside(join(folder.path, 'taken/full'), 'x')).rejects.toThrow()
  expect(readdirSync(join(folder.path, 'taken'))).toEqual(['full'])
})
