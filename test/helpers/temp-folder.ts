import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll } from 'vitest'

export type TempFolder = {
  readonly path: string
  /** Writes a file, with the folders it needs, and returns its path. */
  write(name: string, content: string): string
}

/** A folder of this test file's own, gone after its tests. */
export function createTempFolder(): TempFolder {
  const path = mkdtempSync(join(tmpdir(), 'veilgate-test-'))
  afterAll(() => rmSync(path, { recursive: true, force: true }))
  return {
    path,
    write(name, content) {
      const file = join(path, name)
      mkdirSync(dirname(file), { recursive: true })
      writeFileSync(file, content)
      return file
    },
  }
}
