import { type FSWatcher, watch as watchFolder } from 'node:fs'
import { digestOf, folderIdentityOf, foldersOf, identityOf } from './file-identity.js'

/** Editors and deployments write in several steps: files are looked at when they have rested this long. */
const REST_MS = 100

export type FileWatchOptions = {
  /** Runs when the content of any file became another, one at a time. */
  readonly onChange: () => Promise<void>
  readonly onWarning: (message: string) => void
}

export type FileWatch = {
  /**
   * Watches these files from now on, and no others.
   *
   * @param files path, and what `identityOf` said of it before it was read: what happens in between is seen
   */
  follow(files: ReadonlyMap<string, string>): void
  close(): void
}

type Watched = { identity: string; digest: Promise<string> }
type WatchedFolder = { readonly watcher: FSWatcher; readonly identity: string }

/**
 * Tells when files change. Folders are watched instead of files, because a file that is replaced by a rename or by a
 * changed link is another file, and the old one never changes. What counts is the content: a file that was only
 * touched has not changed.
 */
export function createFileWatch({ onChange, onWarning }: FileWatchOptions): FileWatch {
  const watchers = new Map<string, WatchedFolder>()
  let files = new Map<string, Watched>()
  let timer: NodeJS.Timeout | undefined
  let isLooking = false
  let isClosed = false

  function follow(next: ReadonlyMap<string, string>): void {
    if (isClosed) return
    files = new Map(
      [...next].map(([path, identity]) => {
        const known = files.get(path)
        return [path, known?.identity === identity ? known : { identity, digest: digestAt(path, identity) }]
      }),
    )
    watchFolders()
    // what changed while the files were read
    if (changed().length > 0) look()
  }

  function watchFolders(): void {
    const wanted = new Set([...files.keys()].flatMap((path) => [...foldersOf(path)]))
    for (const [folder, { watcher, identity }] of watchers) {
      // a watcher stays with its folder, also where that was moved away or removed and another one has its name
      if (wanted.has(folder) && folderIdentityOf(folder) === identity) continue
      watcher.close()
      watchers.delete(folder)
    }
    for (const folder of wanted) if (!watchers.has(folder)) watchOne(folder)
  }

  function watchOne(folder: string): void {
    try {
      const identity = folderIdentityOf(folder)
      const watcher = watchFolder(folder, { persistent: false }, look)
      watcher.on('error', () => {
        // the folder is gone: another event told of it, or nothing is left to see
        watcher.close()
        watchers.delete(folder)
      })
      watchers.set(folder, { watcher, identity })
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return
      onWarning(
        `${folder} cannot be watched (${error instanceof Error ? error.message : error}): send SIGHUP after a change`,
      )
    }
  }

  function changed(): readonly string[] {
    return [...files].filter(([path, { identity }]) => identityOf(path) !== identity).map(([path]) => path)
  }

  /** Looks when nothing has happened for a while. */
  function look(): void {
    if (timer !== undefined || isClosed || isLooking) return
    const before = identities()
    timer = setTimeout(() => {
      timer = undefined
      if (identities() !== before) look()
      else void compare()
    }, REST_MS)
  }

  function identities(): string {
    return [...files.keys()].map(identityOf).join('\n')
  }

  async function compare(): Promise<void> {
    isLooking = true
    let isOther = false
    for (const path of changed()) {
      const file = files.get(path)
      if (file === undefined) continue
      const before = await file.digest
      file.identity = identityOf(path)
      file.digest = digestAt(path, file.identity)
      if ((await file.digest) !== before) isOther = true
    }
    // a link that was replaced leads to other folders
    watchFolders()
    if (isOther && !isClosed) await onChange()
    isLooking = false
    if (changed().length > 0) look()
  }

  return {
    follow,
    close() {
      isClosed = true
      clearTimeout(timer)
      for (const { watcher } of watchers.values()) watcher.close()
      watchers.clear()
    },
  }
}

/** The digest of a file as it was when it had this identity; of one that is another by now, one that equals none. */
async function digestAt(path: string, identity: string): Promise<string> {
  const digest = await digestOf(path)
  return identityOf(path) === identity ? digest : 'gone'
}
