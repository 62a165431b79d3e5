import { readdirSync, readFileSync } from 'node:fs'
import { basename, dirname, isAbsolute, join } from 'node:path'
import type { SourceFile } from '../import/imported.js'

/**
 * A path that another file names, from that file's folder. Where the configuration
 * was copied away from the machine on which the path leads somewhere, what of the
 * copy has the longest end of it: `/etc/squid/lists/ads` may be `lists/ads` or `ads`.
 * Wildcards in the last part take all files in order.
 */
export function findFiles(path: string, from: SourceFile): readonly SourceFile[] {
  const folder = from.name === '-' ? '.' : dirname(from.name)
  const parts = path.split('/').filter((part) => part !== '' && part !== '.' && part !== '..')
  const ends = parts.map((_, i) => parts.slice(i)).filter((end) => end.length > 1 || !TOO_COMMON.test(end[0] ?? ''))
  const names = [isAbsolute(path) ? path : join(folder, path), ...ends.map((end) => join(folder, ...end))]
  for (const name of names) {
    const found = matchingNames(name).flatMap(readIfThere)
    if (found.length > 0) return found
  }
  return []
}

function matchingNames(name: string): readonly string[] {
  const last = basename(name)
  if (!/[*?]/.test(last)) return [name]
  const glob = last
    .replaceAll(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.')
  try {
    const entries = readdirSync(dirname(name)).filter((entry) => new RegExp(`^${glob}$`).test(entry))
    return entries.toSorted().map((entry) => join(dirname(name), entry))
  } catch {
    return []
  }
}

function readIfThere(name: string): readonly SourceFile[] {
  try {
    return [{ name, text: readFileSync(name, 'utf8') }]
  } catch {
    // another place, or it is reported as missing
    return []
  }
}

/** Every category of a collection has files of these names; wildcards without their folder take anything. */
const TOO_COMMON = /^(?:domains|urls|expressions)$|[*?]/
