import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { readTextFile } from '../../../src/config/text-file.js'
import { createTempFolder } from '../../helpers/temp-folder.js'

const folder = createTempFolder()

test('reads UTF-8', async () => {
  expect(await readTextFile(folder.write('a.yaml', 'name: Bücher\n'), 'test')).toBe('name: Bücher\n')
})

test.each([
  ['is not there', () => join(folder.path, 'nowhere'), /nowhere: cannot be read \(ENOENT\); give the path of a YAML/],
  ['is too large', () => folder.write('big', 'x'.repeat(1_048_577)), /over 1 MiB; give a test file/],
  ['is not UTF-8', () => latin1(), /not UTF-8 text; save it as UTF-8/],
])('says so where the file %s', async (_, file, message) => {
  await expect(readTextFile(file(), 'test')).rejects.toThrow(message)
})

function latin1(): string {
  const file = join(folder.path, 'latin1')
  writeFileSync(file, Uint8Array.of(0xe4))
  return file
}
