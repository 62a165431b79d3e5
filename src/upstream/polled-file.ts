import { readFileSync, statSync } from 'node:fs'

/** Often enough for a person who edits the file and tries again, rare enough to cost nothing per request. */
const LOOK_AGAIN_MS = 5_000

export type PolledFileOptions<T> = {
  readonly path: string
  /** Milliseconds on any clock that does not go back. */
  readonly now: () => number
  /** Runs for the first text and for each later one; the text is empty when the file cannot be read. */
  readonly parse: (text: string) => T
}

/**
 * What a small file of the system says, as a function that is cheap to ask: the
 * file is looked at when asked, at most every 5 s, and read again only when its
 * time, size or inode changed.
 */
export function createPolledFile<T>({ path, now, parse }: PolledFileOptions<T>): () => T {
  let identity = identityOf(path)
  let value = parse(readText(path))
  let lookAgainAt = now() + LOOK_AGAIN_MS

  return function currentValue() {
    if (now() < lookAgainAt) return value
    lookAgainAt = now() + LOOK_AGAIN_MS
    const seen = identityOf(path)
    if (seen !== identity) {
      identity = seen
      value = parse(readText(path))
    }
    return value
  }
}

function identityOf(path: string): string {
  try {
    const { mtimeMs, size, ino } = statSync(path)
    return `${mtimeMs} ${size} ${ino}`
  } catch {
    return ''
  }
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}
