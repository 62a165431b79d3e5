import { randomBytes } from 'node:crypto'
import { rename, rm, writeFile } from 'node:fs/promises'

export type WriteHow = {
  /** Permissions of the file, less the umask; default those of any file. */
  readonly mode?: number
  /** Waits until it is on the disk. */
  readonly flush?: boolean
}

/**
 * Writes a file aside and renames it, so that nobody reads half of it.
 *
 * @throws {Error} saying why it cannot be written; then nothing is left of it
 */
export async function writeAside(
  path: string,
  content: string | Buffer | readonly Uint8Array[],
  how: WriteHow = {},
): Promise<void> {
  const aside = `${path}.${randomBytes(6).toString('hex')}`
  try {
    await writeFile(aside, content, { ...how, flag: 'wx' })
    await rename(aside, path)
  } catch (error) {
    await rm(aside, { force: true })
    throw error
  }
}
