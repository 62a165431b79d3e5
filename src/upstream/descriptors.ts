import { readdirSync, readFileSync } from 'node:fs'

export type DescriptorsOptions = {
  /** Descriptors that this process may have open; undefined where the system does not tell: then there is never a shortage. */
  readonly limit: number | undefined
  /** Those open that are no sockets of clients and origins. */
  readonly base: number
  /** Those open that somebody else keeps count of: the native edge. */
  readonly elsewhere?: () => number
  /** Told when they get short, and again only after there were plenty. */
  readonly onShort: (used: number, limit: number) => void
}

/**
 * How near this process is to the number of descriptors it may have. Looking at
 * /proc costs a system call for each that is open, so they are counted instead:
 * whoever opens a socket adds one, whoever sees it close takes one off.
 *
 * Towards the limit first no more clients are let in, so that those who are can
 * have their origins dialled: the native edge leaves them in the backlog, and Node,
 * which takes whoever comes, turns them away. Then not even a word is spent on that;
 * then no origin is dialled either: what is left is for logs, lists, name
 * servers, a reload and the admin listener.
 */
export type Descriptors = {
  /** Sockets of clients and origins that are open; those of `elsewhere` are not among them. */
  sockets: number
  /** With those of `elsewhere`. */
  readonly open: number
  /** A descriptor of this number means that nothing but the reserve is left, */
  readonly ceiling: number
  /** and of this one, that no more clients should be taken. */
  readonly clientCeiling: number
  readonly limit: number | undefined
  /** No more clients. */
  isShort(): boolean
  /** Somebody else has found that there are no more for clients. */
  noteShortage(): void
  /** No answer to those who are turned away, since they stay a while to read it. */
  isScarce(): boolean
  /** No more sockets at all. */
  isExhausted(): boolean
}

/** Kept to the end: a sixteenth of the limit, within what is needed and what is a waste. */
const RESERVE_SHARE = 16
const LEAST_RESERVE = 16
const MOST_RESERVE = 256
/** Kept for dialling: an eighth, but not more than clients that were let in dial at a time before they are counted with their origins. */
const DIAL_SHARE = 8
const MOST_FOR_DIALS = 256

export function createDescriptors({ limit, base, elsewhere = () => 0, onShort }: DescriptorsOptions): Descriptors {
  const most = limit ?? Number.POSITIVE_INFINITY
  const reserve = Math.min(MOST_RESERVE, Math.max(LEAST_RESERVE, Math.floor(most / RESERVE_SHARE)))
  const exhaustedFrom = most - reserve - base
  const forDials = Math.min(MOST_FOR_DIALS, Math.floor((limit ?? 0) / DIAL_SHARE))
  const shortFrom = exhaustedFrom - forDials
  const scarceFrom = shortFrom + Math.floor(forDials / 4)
  let isTold = false

  return {
    sockets: 0,
    limit,
    ceiling: most - reserve,
    clientCeiling: most - reserve - forDials,
    get open() {
      return this.sockets + elsewhere()
    },
    isShort() {
      const { open } = this
      if (open < shortFrom) {
        if (open < shortFrom - reserve) isTold = false
        return false
      }
      this.noteShortage()
      return true
    },
    noteShortage() {
      if (!isTold) onShort(this.open + base, most)
      isTold = true
    },
    isScarce() {
      return this.open >= scarceFrom
    },
    isExhausted() {
      return this.open >= exhaustedFrom
    },
  }
}

/** What `/proc/self/limits` says: Node has raised the soft limit to the hard one by then. */
export function readDescriptorLimit(path = '/proc/self/limits'): number | undefined {
  try {
    const [, soft] = /^Max open files\s+(\d+)/m.exec(readFileSync(path, 'latin1')) ?? []
    return soft === undefined ? undefined : Number(soft)
  } catch {
    return undefined
  }
}

/** Descriptors open now; 0 where the system does not tell. */
export function countDescriptors(): number {
  try {
    // the one that reads the directory is gone by the time of the answer
    return readdirSync('/proc/self/fd').length - 1
  } catch {
    return 0
  }
}
