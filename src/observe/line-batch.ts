/** About 150 lines of JSON: what a system call costs is then little beside what making them did. */
const BATCH_CHARACTERS = 65_536

/** How long a line waits for others, in milliseconds: nobody who watches a log notices. */
const BATCH_MS = 20

/** Lines that are handed on many at a time. */
export type LineBatch = {
  /** @param line without its line feed */
  add(line: string): void
  /** Hands on what has gathered, now. */
  flush(): void
}

/**
 * Gathers lines, so that what a line costs on its way to the disk is paid once
 * for many. A line is handed on after 20 ms at the latest.
 *
 * @param deliver takes lines with line feeds between them and none at the end
 */
export function createLineBatch(deliver: (lines: string) => void): LineBatch {
  let gathered = ''
  let timer: NodeJS.Timeout | undefined

  function flush(): void {
    if (timer !== undefined) clearTimeout(timer)
    timer = undefined
    if (gathered === '') return
    const lines = gathered
    gathered = ''
    deliver(lines)
  }

  return {
    add(line) {
      if (gathered === '') {
        gathered = line
        timer = setTimeout(flush, BATCH_MS)
        return
      }
      gathered += '\n'
      gathered += line
      if (gathered.length >= BATCH_CHARACTERS) flush()
    },
    flush,
  }
}
