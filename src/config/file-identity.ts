import { createHash } from 'node:crypto'
import { createReadStream, existsSync, lstatSync, readlinkSync, statSync } from 'node:fs'
import { dirname, join, parse, resolve, sep } from 'node:path'

/** As many as Linux follows (path_resolution(7)). */
const MAX_LINKS = 40

/** What tells cheaply that a file may have changed: which file it is, its time and size; empty where there is none. */
export function identityOf(path: string): string {
  const stats = statSync(path, { bigint: true, throwIfNoEntry: false })
  return stats === undefined ? '' : `${stats.dev} ${stats.ino} ${stats.mtimeNs} ${stats.size}`
}

/** What tells whether a folder is another one of the same name; empty where there is none. */
export function folderIdentityOf(path: string): string {
  const stats = statSync(path, { bigint: true, throwIfNoEntry: false })
  // the number of one that was removed is soon given to another
  return stats === undefined ? '' : `${stats.dev} ${stats.ino} ${stats.birthtimeNs}`
}

/** What tells whether it has: SHA-256 of its text; empty where it cannot be read. */
export async function digestOf(path: string): Promise<string> {
  const hash = createHash('sha256')
  try {
    for await (const bytes of createReadStream(path)) hash.update(bytes as Buffer)
    return hash.digest('hex')
  } catch {
    return ''
  }
}

/**
 * The folders in which something happens when the file behind a path becomes another: its own, and that of each symbolic
 * link on the way to it. Kubernetes mounts a file as a link into `..data`, itself a link that is replaced. A folder that
 * is not there comes in the nearest one above it that is.
 */
export function foldersOf(path: string): ReadonlySet<string> {
  const folders = new Set<string>()
  let current = resolve(path)
  for (let links = 0; links <= MAX_LINKS; links++) {
    folders.add(nearestFolder(dirname(current)))
    const link = firstLink(current)
    if (link === undefined) break
    folders.add(dirname(link))
    current = resolve(dirname(link), readlinkSync(link), current.slice(link.length + 1))
  }
  return folders
}

function nearestFolder(path: string): string {
  let folder = path
  while (!existsSync(folder) && folder !== dirname(folder)) folder = dirname(folder)
  return folder
}

/** The first part of a path that is a symbolic link. */
function firstLink(path: string): string | undefined {
  const { root } = parse(path)
  let current = root
  for (const name of path.slice(root.length).split(sep)) {
    current = join(current, name)
    const stats = lstatSync(current, { throwIfNoEntry: false })
    if (stats === undefined) return undefined
    if (stats.isSymbolicLink()) return current
  }
  return undefined
}
