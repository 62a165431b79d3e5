import { type FileHandle, open } from 'node:fs/promises'

/** Bytes read and compiled at once: the proxy serves in between. */
export const CHUNK_BYTES = 262_144

/** A text that can be read more than once, in pieces that are reused: nobody may keep them. */
export type ListText = {
  /** Its length as far as known. */
  readonly bytes: number
  forEachChunk(visit: (bytes: Uint8Array) => void): Promise<void>
}

/** @param chunk where the pieces are put, `CHUNK_BYTES` long; default: a buffer for each reading */
export function fileText(path: string, bytes: number, chunk?: Buffer): ListText {
  return {
    bytes,
    async forEachChunk(visit) {
      const handle = await open(path)
      try {
        await readChunks(handle, chunk ?? Buffer.allocUnsafeSlow(CHUNK_BYTES), visit)
      } finally {
        await handle.close()
      }
    },
  }
}

export function wholeText(bytes: Buffer): ListText {
  return {
    bytes: bytes.length,
    async forEachChunk(visit) {
      for (let at = 0; at < bytes.length; at += CHUNK_BYTES) {
        visit(bytes.subarray(at, at + CHUNK_BYTES))
        await nextTurn()
      }
    },
  }
}

async function readChunks(handle: FileHandle, chunk: Buffer, visit: (bytes: Uint8Array) => void): Promise<void> {
  for (;;) {
    const { bytesRead } = await handle.read(chunk, 0, CHUNK_BYTES, null)
    if (bytesRead === 0) return
    visit(chunk.subarray(0, bytesRead))
  }
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve)
  })
}
