import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { loadConfigFile } from '../../../src/config/load.js'
import { InputError } from '../../../src/errors.js'

const folder = mkdtempSync(join(tmpdir(), 'veilgate-config-'))
afterAll(() => rmSync(folder, { recursive: true }))

function write(name: string, content: string | Uint8Array): string {
  const path = join(folder, name)
  writeFileSync(path, content)
  return path
}

describe('loadConfigFile', () => {
  test('reads YAML, and paths in it relative to the file', async () => {
    mkdirSync(join(folder, 'inner'), { recursive: true })
    const file = write('inner/a.yaml', 'rules: { files: [../my.rules] }\nlog: { access: { file: access.log } }\n')
    expect(await loadConfigFile(file)).toMatchObject({
      rules: { files: [{ name: '../my.rules', path: join(folder, 'my.rules') }] },
      log: { access: { file: join(folder, 'inner/access.log') } },
    })
  })

  test('reads JSON', async () => {
    expect(await loadConfigFile(write('a.json', '{"limits":{"headTimeout":"5s"}}'))).toEqual({
      limits: { headTimeoutMs: 5_000 },
    })
  })

  test.each([
    ['is not there', () => join(folder, 'nowhere.yaml'), /nowhere\.yaml: cannot be read \(ENOENT\); give the path/],
    ['is a folder', () => folder, /cannot be read \(EISDIR\); give the path/],
    [
      'is not UTF-8',
      () => write('latin1.yaml', Uint8Array.of(0x23, 0xe4, 0x0a)),
      /latin1\.yaml: not UTF-8 text; save it as UTF-8/,
    ],
    ['is far too large', () => write('big.yaml', `# ${'x'.repeat(1_048_576)}\n`), /big\.yaml: over 1 MiB/],
    ['has faults', () => write('wrong.yaml', 'lisen: []\n'), /wrong\.yaml:1:1: lisen: unknown key/],
  ])('says so where the file %s', async (_, file, message) => {
    await expect(loadConfigFile(file())).rejects.toThrow(message)
    await expect(loadConfigFile(file())).rejects.toThrow(InputError)
  })

  test.skipIf(process.getuid?.() === 0)('says so where the file may not be read', async () => {
    const file = write('secret.yaml', 'log: {}\n')
    chmodSync(file, 0)
    await expect(loadConfigFile(file)).rejects.toThrow(/cannot be read \(EACCES\)/)
  })
})
