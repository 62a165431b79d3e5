import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, expect, test } from 'vitest'

const script = fileURLToPath(new URL('../../scripts/check-test-mirror.mjs', import.meta.url))
let folder: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'veilgate-mirror-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

test('a source without a test at its place is named, one with a test is not', () => {
  write('src/http/a.ts')
  write('src/http/b.ts')
  write('test/unit/http/b.test.ts')
  write('test/unit/a.test.ts')
  const { status, stderr } = checkMirror()
  expect(stderr).toContain('src/http/a.ts: write test/unit/http/a.test.ts')
  expect(stderr).not.toContain('src/http/b.ts')
  expect(status).toBe(1)
})

test('an exemption is an error once its file is gone or has a test', () => {
  write('src/a.ts')
  write('test/unit/a.test.ts')
  expect(checkMirror().stderr).toContain('src/rules/rule.ts is exempt and does not exist')
  write('src/rules/rule.ts')
  write('test/unit/rules/rule.test.ts')
  const { status, stderr } = checkMirror()
  expect(stderr).toContain('src/rules/rule.ts is exempt and has a test')
  expect(status).toBe(1)
})

function write(path: string): void {
  mkdirSync(dirname(join(folder, path)), { recursive: true })
  writeFileSync(join(folder, path), '')
}

function checkMirror() {
  return spawnSync(process.execPath, [script, folder], { encoding: 'utf8' })
}
