import { mkdtempSync, rmSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { writeRuleImage } from '../config/rule-image-file.js'
import type { RuleSet } from '../rules/rule.js'

/** Rule sets as files, for the workers to load. */
export type ImageStore = {
  /** @returns the path of the file. @throws {Error} saying why it cannot be written */
  write(version: number, ruleSet: RuleSet): Promise<string>
  remove(path: string): Promise<void>
  /** Removes all of it, at once: the process may be about to end. */
  close(): void
}

/**
 * In a folder of its own, of this user alone, whether there is a cache directory or not. Workers may have a file mapped,
 * and one that is cut off would end them: nobody but this process writes here, and it renames what is whole, and removes.
 */
export function createImageStore(): ImageStore {
  const folder = mkdtempSync(join(tmpdir(), 'veilgate-workers-'))
  const close = (): void => {
    process.off('exit', close)
    rmSync(folder, { recursive: true, force: true })
  }
  // however the process ends, short of SIGKILL
  process.on('exit', close)
  return {
    async write(version, ruleSet) {
      const path = join(folder, `rules-${version}.bin`)
      await writeRuleImage(path, ruleSet)
      return path
    },
    remove: (path) => rm(path, { force: true }),
    close,
  }
}
