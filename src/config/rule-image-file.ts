import { createHash } from 'node:crypto'
import { constants } from 'node:fs'
import { open } from 'node:fs/promises'
import type { RuleSet } from '../rules/rule.js'
import { decodeRuleSet, encodeRuleSet } from '../rules/rule-image.js'
import { writeAside } from './write-aside.js'

const DIGEST_BYTES = 32
/** As large as the largest list that is read. */
const MAX_IMAGE_BYTES = 1_073_741_824

/**
 * Writes a rule set to a file that starts with the SHA-256 of the rest; aside, and
 * then renamed, so that nobody reads half of it.
 *
 * @throws {Error} saying why it cannot be written
 */
export async function writeRuleImage(file: string, ruleSet: RuleSet): Promise<void> {
  const pieces = encodeRuleSet(ruleSet)
  const hash = createHash('sha256')
  for (const piece of pieces) hash.update(piece)
  await writeAside(file, [hash.digest(), ...pieces], { mode: 0o600 })
}

/**
 * Maps so many octets of an open file into memory that all processes share which do the same. Nobody may
 * write to it. @returns a negative errno where it cannot
 */
export type MapFile = (descriptor: number, octets: number) => ArrayBuffer | number

/**
 * @param mapFile the columns of the set are then not copied: for files that are replaced or removed, never changed
 *   or cut off, as `writeRuleImage` does it in a folder where nobody else writes
 * @returns undefined for an image of another version
 * @throws {Error} not a file of this user alone, or not what was written
 */
export async function readRuleImage(file: string, mapFile?: MapFile): Promise<RuleSet | undefined> {
  const bytes = await readOwn(file, mapFile)
  const rest = bytes.subarray(DIGEST_BYTES)
  const digest = createHash('sha256').update(rest).digest()
  if (!digest.equals(bytes.subarray(0, DIGEST_BYTES))) throw new Error('it is damaged')
  return decodeRuleSet(rest)
}

/** @throws {Error} somebody else's file, a link, or one that others may write */
async function readOwn(file: string, mapFile: MapFile | undefined): Promise<Buffer> {
  const handle = await open(file, constants.O_RDONLY | constants.O_NOFOLLOW)
  try {
    const { uid, mode, size } = await handle.stat()
    if (uid !== process.getuid?.() || (mode & 0o077) !== 0) throw new Error('not a file of our own')
    if (size < DIGEST_BYTES || size > MAX_IMAGE_BYTES) throw new Error('not a compiled rule set')
    const mapped = mapFile?.(handle.fd, size)
    if (mapped instanceof ArrayBuffer) return Buffer.from(mapped)
    const bytes = Buffer.allocUnsafeSlow(size)
    const { bytesRead } = await handle.read(bytes, 0, size, 0)
    if (bytesRead !== size) throw new Error('it changes while it is read')
    return bytes
  } finally {
    await handle.close()
  }
}
