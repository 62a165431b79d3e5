import type { Writable } from 'node:stream'

/** As much as one read brings. */
export const READ_BYTES = 65_536
/** Less is put into memory of its own size: what waits to be written takes at most twice its size. */
const RECYCLED_FROM = READ_BYTES / 2
/** 1 MiB: where writes end at once a single one serves all tunnels. */
const MAX_SPARE = 16

const spare: Buffer[] = []
/** Octets of others may lie in memory of the same size: the pool of `Buffer` has it in Node 24. */
const ours = new WeakSet<ArrayBufferLike>()

/** A copy of octets that came by one read: of many in memory that was used before, where there is some. */
export function copyOf(octets: Buffer): Buffer {
  if (octets.length < RECYCLED_FROM) return Buffer.from(octets)
  const memory = spare.pop() ?? newMemory()
  octets.copy(memory)
  return memory.subarray(0, octets.length)
}

function newMemory(): Buffer {
  const memory = Buffer.allocUnsafeSlow(READ_BYTES)
  ours.add(memory.buffer)
  return memory
}

/**
 * Writes what `copyOf` gave, and takes its memory back once it is written. The caller must be its only holder. Memory from
 * elsewhere is written and left alone. Without this dead octets pile up until the next scavenge, and each read is into
 * memory that no cache of the processor knows (measured: bulk through tunnels costs up to twice as much).
 */
export function writeRecycled(to: Writable, octets: Buffer): boolean {
  const { buffer, byteOffset, length } = octets
  if (length < RECYCLED_FROM || byteOffset !== 0 || !ours.has(buffer)) return to.write(octets)
  return to.write(octets, () => {
    if (spare.length < MAX_SPARE) spare.push(Buffer.from(buffer))
  })
}
