import { readdirSync, readlinkSync } from 'node:fs'
import { eventually } from './raw-peer.js'

const DESCRIPTORS = '/proc/self/fd'

/** Sockets of this process, those of the native engine among them; undefined where the system does not tell. */
export function openSockets(): number | undefined {
  return openOf('socket')
}

/** The same for ends of pipes. */
export function openPipes(): number | undefined {
  return openOf('pipe')
}

/** Resolves when there are no more sockets than `before`. */
export async function noMoreSockets(before: number | undefined): Promise<void> {
  if (before === undefined) return
  await eventually(() => (openSockets() ?? 0) <= before)
}

function openOf(kind: 'socket' | 'pipe'): number | undefined {
  try {
    return readdirSync(DESCRIPTORS).filter((descriptor) => isOf(kind, descriptor)).length
  } catch {
    return undefined
  }
}

function isOf(kind: string, descriptor: string): boolean {
  try {
    return readlinkSync(`${DESCRIPTORS}/${descriptor}`).startsWith(`${kind}:`)
  } catch {
    // the one that reads the directory
    return false
  }
}
