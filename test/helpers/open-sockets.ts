import { readdirSync, readlinkSync } from 'node:fs'
import { eventually } from './raw-peer.js'

const DESCRIPTORS = '/proc/self/fd'

/** Sockets of this process, those of the native engine among them; undefined where the system does not tell. */
export function openSockets(): number | undefined {
  try {
    return readdirSync(DESCRIPTORS).filter(isSocket).length
  } catch {
    return undefined
  }
}

/** Resolves when there are no more sockets than `before`. */
export async function noMoreSockets(before: number | undefined): Promise<void> {
  if (before === undefined) return
  await eventually(() => (openSockets() ?? 0) <= before)
}

function isSocket(descriptor: string): boolean {
  try {
    return readlinkSync(`${DESCRIPTORS}/${descriptor}`).startsWith('socket:')
  } catch {
    // the one that reads the directory
    return false
  }
}
