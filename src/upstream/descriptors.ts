import { readdirSync, readFileSync } from 'node:fs'
import { CannotRunError } from '../errors.js'

export type DescriptorsOptions = {
  /** Descriptors that this process may have open; undefined where the system does not tell: then there is never a shortage. */
  readonly limit: number | undefined
  /** Those open that are no sockets of clients, origins and listeners. */
  readonly base: number
  /** Those open that somebody else keeps count of: the native edge. */
  readonly elsewhere?: () => number
  /** Told how many are open besides those of `elsewhere`, whenever that changes. */
  readonly onHere?: (here: number) => void
  /** Told when they get short, and again only after there were plenty. */
  readonly onShort: (used: number, limit: number) => void
}

/**
 * How near this process is to the number of descriptors it may have. Looking at
 * /proc costs a system call for each that is open, so they are counted instead:
 * whoever opens a socket adds one, whoever sees it close takes one off.
 *
 * Towards the limit first no more clients are let in, so that those who are can
 * have their origins dialled: they stay in the backlog, and who was taken all the
 * same is turned away. Then not even a word is spent on that; then no origin is
 * dialled either: what is left is for logs, lists, name servers, a reload and the
 * admin listener.
 */
export type Descriptors = {
  /** Sockets of clients, origins and listeners that are open; those of `elsewhere` are not among them. */
  sockets: number
  /** With those of `elsewhere`. */
  readonly open: number
  /** All but those of `elsewhere`. */
  readonly here: number
  /** So many descriptors, or one of this number, mean that nothing but the reserve is left, */
  readonly ceiling: number
  /** and so many that no more clients should be taken. */
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
/** Left for clients before any has come: each needs two, and a few are opened for other things later. */
const LEAST_FOR_CLIENTS = 8
/** Kept for dialling: an eighth, but not more than clients that were let in dial at a time before they are counted with their origins. */
const DIAL_SHARE = 8
const MOST_FOR_DIALS = 256

export function createDescriptors(options: DescriptorsOptions): Descriptors {
  const { limit, base, elsewhere = () => 0, onHere, onShort } = options
  const most = limit ?? Number.POSITIVE_INFINITY
  const reserve = Math.min(MOST_RESERVE, Math.max(LEAST_RESERVE, Math.floor(most / RESERVE_SHARE)))
  const exhaustedFrom = most - reserve - base
  const forDials = Math.min(MOST_FOR_DIALS, Math.floor((limit ?? 0) / DIAL_SHARE))
  const shortFrom = exhaustedFrom - forDials
  const scarceFrom = shortFrom + Math.floor(forDials / 4)
  let sockets = 0
  let isTold = false
  let plentyBelow = 0

  return {
    limit,
    ceiling: most - reserve,
    clientCeiling: most - reserve - forDials,
    get sockets() {
      return sockets
    },
    set sockets(count) {
      sockets = count
      onHere?.(base + count)
    },
    get open() {
      return sockets + elsewhere()
    },
    get here() {
      return base + sockets
    },
    isShort() {
      const { open } = this
      if (open < shortFrom) {
        if (open < plentyBelow) isTold = false
        return false
      }
      this.noteShortage()
      return true
    },
    noteShortage() {
      const { open } = this
      if (!isTold) onShort(open + base, most)
      isTold = true
      // what nobody counts may be what is too much
      plentyBelow = Math.min(open, shortFrom) / 2
    },
    isScarce() {
      return this.open >= scarceFrom
    },
    isExhausted() {
      return this.open >= exhaustedFrom
    },
  }
}

/** @throws CannotRunError where so many are in use before any client has come that none would ever be let in */
export function refuseFewDescriptors({ limit, clientCeiling }: Descriptors, inUse: number): void {
  if (clientCeiling - inUse >= LEAST_FOR_CLIENTS) return
  throw new CannotRunError(
    `a limit of ${limit} descriptors leaves too few for clients: ${inUse} are in use already; raise it (LimitNOFILE=, ulimit -n)`,
  )
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
