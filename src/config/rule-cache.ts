import { createHash } from 'node:crypto'
import { join } from 'node:path'
import type { RuleSet } from '../rules/rule.js'
import { refuseCacheDirectory } from './cache-directory.js'
import type { RuleFile } from './config.js'
import { readRuleImage, writeRuleImage } from './rule-image-file.js'

/** Rule sets compiled before, so that a start parses no list that has not changed since. */
export type RuleCache = {
  /** @returns undefined where there is none that can be trusted: not ours, damaged, or of another version */
  read(): Promise<RuleSet | undefined>
  /** Puts a set in the place of the one before. @throws {Error} saying why it cannot be written */
  write(ruleSet: RuleSet): Promise<void>
}

/** Below this, compiling takes less time than a person notices, and no file is left behind. */
export const FEWEST_CACHED_RULES = 10_000

/**
 * One file for each combination of rule files, so that several instances may share a directory.
 *
 * @param directory made when something is written; must be this user's alone
 */
export function createRuleCache(directory: string, files: readonly RuleFile[]): RuleCache {
  const name = createHash('sha256')
    .update(files.map(({ path }) => path).join('\n'))
    .digest('hex')
    .slice(0, 16)
  const file = join(directory, `rules-${name}.bin`)

  return {
    async read() {
      if ((await refuseCacheDirectory(directory, false)) !== undefined) return undefined
      try {
        return await readRuleImage(file)
      } catch {
        // whatever is wrong with it, the lists themselves are there
        return undefined
      }
    },

    async write(ruleSet) {
      const refused = await refuseCacheDirectory(directory, true)
      if (refused !== undefined) throw new Error(refused)
      await writeRuleImage(file, ruleSet)
    },
  }
}
