import { createHash, randomBytes } from 'node:crypto'
import { constants } from 'node:fs'
import { open, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { RuleSet } from '../rules/rule.js'
import { decodeRuleSet, encodeRuleSet } from '../rules/rule-image.js'
import { refuseCacheDirectory } from './cache-directory.js'
import type { RuleFile } from './config.js'

/** Rule sets compiled before, so that a start parses no list that has not changed since. */
export type RuleCache = {
  /** @returns undefined where there is none that can be trusted: not ours, damaged, or of another version */
  read(): Promise<RuleSet | undefined>
  /** Puts a set in the place of the one before. @throws {Error} saying why it cannot be written */
  write(ruleSet: RuleSet): Promise<void>
}

/** Below this, compiling takes less time than a person notices, and no file is left behind. */
export const FEWEST_CACHED_RULES = 10_000

const DIGEST_BYTES = 32
/** As large as the largest list that is read. */
const MAX_CACHE_BYTES = 1_073_741_824

/**
 * One file for each combination of rule files. It starts with the SHA-256 of the
 * rest; it is written aside and renamed, so that several instances may share a
 * directory and none reads half a file.
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
        const bytes = await readOwn(file)
        const rest = bytes.subarray(DIGEST_BYTES)
        const digest = createHash('sha256').update(rest).digest()
        return digest.equals(bytes.subarray(0, DIGEST_BYTES)) ? decodeRuleSet(rest) : undefined
      } catch {
        // whatever is wrong with it, the lists themselves are there
        return undefined
      }
    },

    async write(ruleSet) {
      const refused = await refuseCacheDirectory(directory, true)
      if (refused !== undefined) throw new Error(refused)
      const pieces = encodeRuleSet(ruleSet)
      const hash = createHash('sha256')
      for (const piece of pieces) hash.update(piece)
      const aside = `${file}.${randomBytes(6).toString('hex')}`
      const handle = await open(aside, 'wx', 0o600)
      try {
        const all = [hash.digest(), ...pieces].filter(({ length }) => length > 0)
        const { bytesWritten } = await handle.writev(all)
        if (bytesWritten !== all.reduce((sum, { length }) => sum + length, 0)) throw new Error('the disk is full')
        await handle.close()
        await rename(aside, file)
      } catch (error) {
        await handle.close().catch(() => {})
        await rm(aside, { force: true })
        throw error
      }
    },
  }
}

/** @throws {Error} somebody else's file, a link, or one that others may write */
async function readOwn(file: string): Promise<Buffer> {
  const handle = await open(file, constants.O_RDONLY | constants.O_NOFOLLOW)
  try {
    const { uid, mode, size } = await handle.stat()
    if (uid !== process.getuid?.() || (mode & 0o077) !== 0) throw new Error('not a file of our own')
    if (size < DIGEST_BYTES || size > MAX_CACHE_BYTES) throw new Error('not a compiled rule set')
    const bytes = Buffer.allocUnsafeSlow(size)
    const { bytesRead } = await handle.read(bytes, 0, size, 0)
    if (bytesRead !== size) throw new Error('it changes while it is read')
    return bytes
  } finally {
    await handle.close()
  }
}
