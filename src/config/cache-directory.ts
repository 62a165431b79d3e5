import { lstat, mkdir } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join, resolve } from 'node:path'
import { DEFAULT_CONFIG } from './config.js'

/**
 * The path of the cache directory as configured: `~` is the home of the user, and
 * the default follows `$XDG_CACHE_HOME`. Undefined for `off`.
 */
export function cachePath(
  configured: string,
  env: Readonly<Record<string, string | undefined>> = process.env,
): string | undefined {
  if (configured === 'off') return undefined
  const { XDG_CACHE_HOME: base = '' } = env
  // a relative one is to be ignored (XDG Base Directory Specification)
  if (configured === DEFAULT_CONFIG.cache && base.startsWith('/')) return join(base, 'veilgate')
  return resolve(configured.replace(/^~(?=\/|$)/, homedir()))
}

/**
 * Makes sure that a directory is this user's alone: what is read from it later is
 * taken for our own.
 *
 * @param create makes it where it is missing
 * @returns undefined where it is as it should be, else why it cannot be used
 */
export async function refuseCacheDirectory(path: string, create: boolean): Promise<string | undefined> {
  try {
    if (create) await mkdir(path, { recursive: true, mode: 0o700 })
    const { uid, mode } = await lstatDirectory(path)
    if (uid !== process.getuid?.()) return `${path} belongs to another user`
    if ((mode & 0o077) !== 0) return `${path} is open to others (chmod 700 it)`
    return undefined
  } catch (error) {
    return `${path}: ${error instanceof Error ? error.message : error}`
  }
}

async function lstatDirectory(path: string) {
  const stats = await lstat(path)
  if (!stats.isDirectory()) throw new Error('it is no directory')
  return stats
}
